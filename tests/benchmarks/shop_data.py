"""The shop that is measured: made by SQL in sets, the same for the same size, with every trigger at work.

What belongs to a product is inserted before it, as imports do it, so that its listing is written once. A product is
named by an adjective, a material, a noun and a made-up series of some dozens of products, so that a search finds
between a handful and some hundreds whatever the size. Orders of the past are on the books of orders and payments, and
not on those of stock.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class

from config.environment import CHECKOUT
from tests.benchmarks import shop_sql

PASSWORD = "bench-password-1"
USERS = 2_000
BATCH = 50_000


@dataclass(frozen=True)
class Size:
    """How many products and orders of the past the shop has."""

    products: int
    orders: int


def prepared_database(server_url: str, size: Size) -> str:
    """The address of a database with the shop in it, made now unless an earlier run has made the same.

    What earlier migrations were given for the same size goes.
    """
    kind = f"bench_{size.products}_{size.orders}_"
    name = kind + _state()
    url = with_database(server_url, name)
    with connected(with_database(server_url, "postgres")) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return url
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [kind])
        for (outdated,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE {outdated} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}_unfinished")
        unfinished = with_database(server_url, f"{name}_unfinished")
        migrate(unfinished)
        fill(unfinished, size)
        cursor.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
    return url


def copy_database(server_url: str, template_url: str, name: str) -> str:
    """The address of a fresh copy, which may be written to; one of the same name goes."""
    with connected(with_database(server_url, "postgres")) as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {urlsplit(template_url).path[1:]} STRATEGY FILE_COPY")
        cursor.execute("CHECKPOINT")
    return with_database(server_url, name)


def migrate(url: str) -> None:
    """Bring a database to the project's schema."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        check=True,
    )


def fill(url: str, size: Size) -> None:
    """Fill a migrated database, and have the planner know it."""
    with connected(url) as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'; SET synchronous_commit = off")
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        cursor.execute(shop_sql.FUNCTIONS)
        cursor.execute(shop_sql.PEOPLE, {"users": USERS, "password": _password_hash()})
        cursor.execute(shop_sql.SHIPPING)
        cursor.execute(shop_sql.CATEGORIES)
        for first in range(1, size.products + 1, BATCH):
            last = min(first + BATCH - 1, size.products)
            cursor.execute(shop_sql.PRODUCTS, {"first": first, "last": last, "products": size.products})
        cursor.execute(shop_sql.REVIEWS, {"products": size.products, "users": USERS})
        cursor.execute("ANALYZE")
        for first in range(1, size.orders + 1, BATCH):
            last = min(first + BATCH - 1, size.orders)
            span = {"first": first, "last": last, "products": size.products, "users": USERS, "orders": size.orders}
            cursor.execute(shop_sql.ORDERS, span)
        cursor.execute(shop_sql.SEQUENCES)
        cursor.execute("VACUUM ANALYZE")


def with_database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def connected(url: str) -> Iterator[Cursor]:
    """A cursor whose every statement commits by itself."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def read(url: str, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with connected(url) as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _password_hash() -> str:
    """Hashed as in production, whatever the settings of this process say."""
    return PBKDF2PasswordHasher().encode(PASSWORD, "bench-salt-of-everybody")


def _state() -> str:
    """What the data depends on besides its size: the migrations, and what makes it."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in [*sorted(CHECKOUT.glob("*/migrations/*.py")), here / "shop_data.py", here / "shop_sql.py"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
