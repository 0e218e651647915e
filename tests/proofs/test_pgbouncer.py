"""The shop behind Debian's PgBouncer, which gives each transaction another connection of the few that it has."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from config.environment import CHECKOUT
from tests.proofs.clusters import ask, manage
from tests.proofs.hosts import Traffic, Web, worker
from tests.proofs.pgbouncers import MISSING, PROGRAM, Pooler, pooling
from tests.proofs.replicated_shop import ReplicatedShop, replicated_shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(PROGRAM is None, reason=MISSING)]

SIZE = 4  # fewer than the twelve that a web process keeps, so that they change hands all the time
READS = (
    "products/?page=2",
    "products/?q=product",
    "products/?q=prodcut",
    "products/?category=shelf-1&ordering=price",
    "products/facets/?q=product",
    "products/suggest/?q=pro",
    "products/last/",
    "categories/tree/",
)
REPORTS = (
    "analytics/summary/",
    "analytics/sales/?group_by=week",
    "analytics/top-products/",
    "orders/",
    "events/?after=0",
)


@pytest.fixture
def shop(django_db_blocker: DjangoDbBlocker) -> Iterator[ReplicatedShop]:
    with django_db_blocker.unblock(), replicated_shop() as made:
        yield made


@pytest.fixture
def pooler(shop: ReplicatedShop) -> Iterator[Pooler]:
    with tempfile.TemporaryDirectory() as folder, pooling(shop.primary, Path(folder), size=SIZE) as made:
        yield made


def test_the_shop_sells_reads_and_works_through_it(shop: ReplicatedShop, pooler: Pooler, tmp_path: Path) -> None:
    environment = {**shop.environment(replica=False), **pooler.environment(shop.primary.url)}
    log = tmp_path / "log"
    staff = {"Authorization": shop.bearer}
    with ExitStack() as ending:
        web, working = Web(environment, log), worker(environment, log)
        ending.callback(web.stop)
        ending.callback(working.stop)
        with Traffic([web], buyers=6, readers=2) as traffic, ThreadPoolExecutor(6) as pool:
            read = list(pool.map(lambda path: (path, web.shop.call("GET", path).status), READS * 4))
            told = list(pool.map(lambda path: (path, web.shop.call("GET", path, **staff).status), REPORTS * 2))
            priced = list(
                pool.map(
                    lambda cents: web.shop.call("PATCH", "products/last/", {"price": f"7.{cents}"}, **staff).status,
                    range(10, 22),
                )
            )
            traffic.wait_for_orders(25)
            connections = ask(
                shop.primary_server,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND pid <> pg_backend_pid()",
            )
        left = _leftovers(shop)

    assert {status for _, status in read} == {200}, read
    assert {status for _, status in told} == {200}, told
    assert set(priced) == {200}
    assert traffic.lost == []
    assert connections <= SIZE
    assert left == 0
    assert "The books are right." in manage(shop.primary.url, "check_integrity")


def _leftovers(shop: ReplicatedShop) -> object:
    """How many advisory locks and temporary tables the shop's processes left in the pooler's connections."""
    return shop.on_primary(
        "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
        " + (SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind = 'r')"
    )


def test_commands_ask_postgresql_itself(shop: ReplicatedShop, pooler: Pooler) -> None:
    """As with DATABASE_DIRECT_URL: the pooler, which is paused, is not asked."""
    pooler.tell("PAUSE shop")
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            **pooler.environment(shop.primary.url),
        },
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    pooler.tell("RESUME shop")

    assert done.returncode == 0, done.stderr
