"""A shop of many orders, dumped, verified and restored by the commands; how long each took is said, not judged.

`RESTORE_ORDERS` says how many orders; 20,000 where it is not set. docs/backup.md has the times of 1,000,000.
"""

import os
import sys
import time
from collections.abc import Iterator
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


@pytest.fixture
def url() -> Iterator[str]:
    with durable_postgres() as server:
        migrate(server.url)
        fill(server.url, Size(PRODUCTS, ORDERS))
        with connected(server.url) as cursor:
            cursor.execute(_IMPORTED)
        manage(server.url, "rebuild_sales_aggregates")
        with connected(server.url) as cursor:
            cursor.execute("VACUUM ANALYZE")
        yield server.url


def test_a_shop_of_many_orders_is_restored_and_has_right_books(url: str, tmp_path: Path) -> None:
    restored = with_database(url, "restored")

    _timed(url, "backup", f"--to={tmp_path}")
    _timed(url, "verify_backup", "newest", f"--in={tmp_path}")
    _timed(url, "restore", "newest", f"--in={tmp_path}", f"--into={restored}")

    assert _counts(restored) == _counts(url)
    assert _counts(url)["orders_order"] == ORDERS
    manage(restored, "check_integrity")  # fails where a book is wrong


def _timed(url: str, command: str, *options: str) -> None:
    began = time.monotonic()
    manage(url, command, *options)
    sys.stderr.write(f"{command}, {ORDERS:,} orders: {time.monotonic() - began:,.1f} s\n")


def _counts(url: str) -> dict[str, int]:
    return {table: read(url, f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED}
