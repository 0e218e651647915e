"""A shop of many orders, dumped, verified and restored by the commands: right, and at a cost that grows with it.

`RESTORE_ORDERS` says how many orders; 20,000 where it is not set. docs/backup.md has the times of 1,000,000.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.servers import durable_postgres
from tests.benchmarks.shop_data import Size, connected, fill, migrate, read, with_database
from tests.proofs.clusters import manage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]

ORDERS = int(os.environ.get("RESTORE_ORDERS", "20000"))
PRODUCTS = 10_000
COUNTED = ("orders_order", "orders_orderitem", "payments_payment", "products_product")

# Orders of another system: their units never left this shop's stock, nor did this one's gateway take their money.
_IMPORTED = """
UPDATE payments_payment SET payment_method = 'manual' WHERE status = 'succeeded';
DELETE FROM payments_payment WHERE status = 'pending';
UPDATE orders_order SET imported_at = created_at, imported_digest = md5(order_number),
    status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END;
UPDATE orders_orderitem i SET untaken_quantity = 0, restocked_quantity = quantity
FROM orders_order o WHERE o.id = i.order_id AND o.status = 'cancelled';
"""


@dataclass(frozen=True)
class _Shop:
    server_url: str
    url: str


@pytest.fixture
def shop() -> Iterator[_Shop]:
    with durable_postgres() as server:
        url = with_database(server.url, "many_orders")
        with connected(with_database(server.url, "postgres")) as cursor:
            cursor.execute("CREATE DATABASE many_orders")
        migrate(url)
        fill(url, Size(PRODUCTS, ORDERS))
        with connected(url) as cursor:
            cursor.execute(_IMPORTED)
        manage(url, "rebuild_sales_aggregates")
        with connected(url) as cursor:
            cursor.execute("VACUUM ANALYZE")
        yield _Shop(server.url, url)


def test_a_shop_of_many_orders_is_restored_and_has_right_books(shop: _Shop, tmp_path: Path) -> None:
    _timed("backup", shop.url, "backup", f"--to={tmp_path}")
    (dump,) = tmp_path.glob("*.dump")
    _timed("verify_backup", shop.url, "verify_backup", "newest", f"--in={tmp_path}")
    elsewhere = with_database(shop.server_url, "restored")
    _timed("restore", shop.url, "restore", "newest", f"--in={tmp_path}", f"--into={elsewhere}")
    sys.stderr.write(f"dump: {dump.stat().st_size / 1e6:,.0f} MB\n")

    assert _counts(elsewhere) == _counts(shop.url)
    assert _counts(shop.url)["orders_order"] == ORDERS


def _timed(what: str, url: str, *arguments: str) -> str:
    began = time.monotonic()
    said = manage(url, *arguments)
    sys.stderr.write(f"{what}, {ORDERS:,} orders: {time.monotonic() - began:,.1f} s\n")
    return said


def _counts(url: str) -> dict[str, int]:
    return {table: read(url, f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED}
