"""Stock feeds of many rows: so many a second, in short transactions, with flat memory."""

import time
import tracemalloc
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from products.models import StockMovement
from tests.imports.conftest import ImportFile

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
@pytest.mark.parametrize(("rows", "most_seconds"), [(2_000, 10.0), pytest.param(100_000, 60.0, marks=pytest.mark.slow)])
def test_many_levels(rows: int, most_seconds: float, import_inventory: ImportFile, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [rows])
    path = _feed_of(tmp_path / "feed.csv", rows, 7)

    began = time.monotonic()
    outcome = import_inventory(path)
    took = time.monotonic() - began
    tracemalloc.start()
    again = import_inventory(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert outcome.out == [f"{rows} changed: 0 created, {rows} updated, 0 unchanged, 0 refused"]
    assert again.out == [f"0 changed: 0 created, 0 updated, {rows} unchanged, 0 refused"]
    assert StockMovement.objects.filter(reason="feed", delta=-3).count() == rows
    assert took < most_seconds
    assert peak < 30_000_000
