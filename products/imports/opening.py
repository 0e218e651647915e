"""Books the opening stock of what an import created; stock of what was there before stays as it is."""

from django.db import connection

from products.imports.batches import Batch
from products.services import stock
from products.services.variations import MOVED_NOTE

# A level is what the file states, unless the product sells by variation: then it is the sum of theirs, and their own.
_OPENED = """
SELECT r.target_id AS product_id, NULL::bigint AS variation_id, r.stock_quantity AS units
FROM import_row r
WHERE r.kind = 'product' AND r.action = 'create' AND r.refusal_code IS NULL AND r.stock_quantity > 0
    AND NOT EXISTS (SELECT 1 FROM import_level l WHERE l.product_id = r.target_id)
UNION ALL
SELECT r.parent_id, r.target_id, r.stock_quantity
FROM import_row r
WHERE r.kind = 'variation' AND r.action = 'create' AND r.refusal_code IS NULL AND r.stock_quantity > 0
"""
_OWN_STOCK = """
SELECT p.id, p.stock_quantity FROM products_product p
WHERE p.stock_quantity > 0
    AND NOT EXISTS (SELECT 1 FROM products_productvariation v WHERE v.product_id = p.id)
    AND p.id IN (
        SELECT parent_id FROM import_row WHERE kind = 'variation' AND action = 'create' AND refusal_code IS NULL
    )
ORDER BY p.id
"""


def book_out_own_stock(*, batch: Batch) -> None:
    """Empty the own level of products that are about to get their first variations and sell by these from now on."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_STOCK)
        levels = cursor.fetchall()
    batch.remember_own_stock(product_ids=[product_id for product_id, _ in levels])
    for product_id, level in levels:
        stock.adjust(key=stock.StockKey(product_id, None), delta=-level, note=MOVED_NOTE)


def note_stock_of_new_rows() -> None:
    """Enter the stock that new rows were inserted with into the ledger."""
    stock.note_opened(source=_OPENED, reason=stock.Reason.IMPORT)
