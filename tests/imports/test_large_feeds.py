"""Stock feeds of many rows: in sets, in short transactions, with flat memory."""

import tracemalloc
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.imports.blocks import BLOCK_ROWS
from products.models import StockMovement
from tests.imports.conftest import ImportFile

STATEMENTS_OF_A_BLOCK = 20  # and no more, however many rows there are

_MAKE = """
WITH p AS (
    INSERT INTO products_product (sku, name, slug, description, price, stock_quantity)
    SELECT 'FED-' || n, 'Product ' || n, 'fed-' || n, '', 10, 10 FROM generate_series(1, %s) n
    RETURNING id
)
INSERT INTO products_stockmovement (product_id, delta, reason) SELECT id, 10, 'opening' FROM p;
ANALYZE products_product; ANALYZE products_stockmovement
"""


def _feed_of(path: Path, rows: int, quantity: int) -> Path:
    counted_at = timezone.now().isoformat()
    lines = [f"FED-{number},{quantity},{counted_at}" for number in range(1, rows + 1)]
    path.write_text("\n".join(["sku,quantity,counted_at", *lines, ""]))
    return path


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rows", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_levels(rows: int, import_inventory: ImportFile, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [rows])
    path = _feed_of(tmp_path / "feed.csv", rows, 7)

    with CaptureQueriesContext(connection) as statements:
        outcome = import_inventory(path)
    tracemalloc.start()
    again = import_inventory(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert outcome.out == [f"{rows} changed: 0 created, {rows} updated, 0 unchanged, 0 refused"]
    assert again.out == [f"0 changed: 0 created, 0 updated, {rows} unchanged, 0 refused"]
    assert StockMovement.objects.filter(reason="feed", delta=-3).count() == rows
    assert len(statements) < 50 + STATEMENTS_OF_A_BLOCK * rows / BLOCK_ROWS
    assert peak < 30_000_000
