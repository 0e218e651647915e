"""The schema of the test databases: migrated once, kept, and copied for each process that tests.

Migrating takes longer than hundreds of tests. So a database is migrated for real, and its dump kept in `.data/` under
a digest of all that migrations are made of: another run, or another process of this one, gets a copy. Where the
server is not this run's own, each process migrates, as Django does by itself.
"""

import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection

from common.backups.server import (
    Database,
    ask,
    connected,
    create,
    database_at,
    drop,
    exists,
    maintenance,
    run,
)
from config.environment import CHECKOUT, DATA

# What migrations import of the shop's own.
IMPORTED = (
    *("authentication/models.py", "authentication/roles.py", "common/database.py"),
    *("common/backfills/migrating.py", "common/postgresql/schema.py", "common/schema/operations.py"),
    *("products/models/versions.py", "shipping/validators.py"),
)
LOCK = 7_411_207  # of this server's `postgres` database, while one process makes what all will copy
KEPT = 5


def copy_schema_from_template() -> None:
    """Have Django make the test database from one that is migrated already."""
    if not settings.POSTGRES_PROGRAMS:
        return
    template = database_at(os.environ["DATABASE_URL"]).named(f"shop_schema_{digest()}")
    with connected(maintenance(template)) as opened:
        ask(opened, "SELECT pg_advisory_lock(%s)", [LOCK])
        if not exists(template):
            _make(template)
    connection.settings_dict["TEST"]["TEMPLATE"] = template.name


def digest() -> str:
    """Of the migrations, of what they import, and of the Django that runs them."""
    found = hashlib.sha256(version("django").encode())
    for path in sorted([*CHECKOUT.glob("*/migrations/*.py"), *(CHECKOUT / name for name in IMPORTED)]):
        found.update(path.relative_to(CHECKOUT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _make(template: Database) -> None:
    """By another name first: who finds the template finds it whole."""
    making = template.named(f"{template.name}_making")
    drop(making)
    create(making)
    kept = DATA / "test-schemas" / f"{template.name}.dump"
    if kept.exists():
        run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={making.name}", str(kept), database=making)
    else:
        _migrate(making)
        _keep(making, kept)
    with connected(maintenance(template)) as opened:
        ask(opened, f'ALTER DATABASE "{making.name}" RENAME TO "{template.name}"')


def _migrate(database: Database) -> None:
    address = f"postgres://{database.user}:{database.password}@{database.host}:{database.port}/{database.name}"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": address},
        check=True,
    )


def _keep(database: Database, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    run("pg_dump", "--format=custom", f"--file={unfinished}", database=database)
    unfinished.replace(path)
    oldest_last = sorted(path.parent.glob("*.dump"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in oldest_last[KEPT:]:
        old.unlink(missing_ok=True)
