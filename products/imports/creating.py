"""Inserts the new products and variations of the staging table, in sets; needs the caller's transaction.

What belongs to a new product is inserted before it, under a key taken beforehand: foreign keys are checked at the end
of the transaction, and so the triggers that keep a product's level, version and listing find nothing to rewrite. The
other way round, a product with a category and stock is written three times.
"""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Callable

from django.db import connection
from django.db.backends.utils import CursorWrapper

BLOCK_ROWS = 20_000

_NEW_PRODUCT = "r.kind = 'product' AND r.action = 'create' AND r.refusal_code IS NULL"
_NEW_VARIATION = "r.kind = 'variation' AND r.action = 'create' AND r.refusal_code IS NULL"

# Keys in the order of the file, as exports go by them.
_TAKE_KEYS = f"""
CREATE TEMPORARY TABLE import_key ON COMMIT DROP AS
SELECT r.id, nextval(pg_get_serial_sequence('products_product', 'id')) AS key
FROM (SELECT r.id FROM import_row r WHERE {_NEW_PRODUCT} ORDER BY r.id) r
UNION ALL
SELECT r.id, nextval(pg_get_serial_sequence('products_productvariation', 'id'))
FROM (SELECT r.id FROM import_row r WHERE {_NEW_VARIATION} ORDER BY r.id) r;
ANALYZE import_key;
UPDATE import_row r SET target_id = k.key FROM import_key k WHERE k.id = r.id;
DROP TABLE import_key;

UPDATE import_row r SET parent_id = p.target_id
FROM import_row p
WHERE r.kind = 'variation' AND r.parent_id IS NULL AND r.refusal_code IS NULL
    AND p.kind = 'product' AND p.sku = r.parent_sku AND p.refusal_code IS NULL;
ANALYZE import_row;
"""

_CREATE_VARIATIONS = f"""
INSERT INTO products_productvariation (id, product_id, name, value, price_adjustment, stock_quantity, sku, barcode)
SELECT r.target_id, r.parent_id, r.option_name, r.option_value, coalesce(r.price_adjustment, 0),
    coalesce(r.stock_quantity, 0), r.sku, coalesce(r.barcode, '')
FROM import_row r
WHERE {_NEW_VARIATION} AND r.parent_id IS NOT NULL
ORDER BY r.id
ON CONFLICT DO NOTHING
"""
_SUM_LEVELS = f"""
DROP TABLE IF EXISTS import_level;
CREATE TEMPORARY TABLE import_level ON COMMIT DROP AS
SELECT v.product_id, sum(v.stock_quantity) AS units
FROM products_productvariation v JOIN import_row r ON r.target_id = v.id
WHERE {_NEW_VARIATION}
GROUP BY v.product_id;
ANALYZE import_level;
"""
_CREATE_PRODUCTS = f"""
INSERT INTO products_product (
    id, sku, name, slug, description, price, compare_price, cost_price, low_stock_threshold, weight, is_active,
    tax_class, barcode, stock_quantity
)
SELECT r.target_id, r.sku, r.name, r.slug, coalesce(r.description, ''), r.price, r.compare_price, r.cost_price,
    coalesce(r.low_stock_threshold, 10), r.weight, coalesce(r.is_active, true), coalesce(r.tax_class, ''),
    coalesce(r.barcode, ''),
    coalesce(l.units, r.stock_quantity, 0)
FROM import_row r LEFT JOIN import_level l ON l.product_id = r.target_id
WHERE {_NEW_PRODUCT} AND r.id > %(after)s AND r.id <= %(after)s + {BLOCK_ROWS}
ORDER BY r.id
ON CONFLICT DO NOTHING
"""

# Somebody made a product of this SKU or slug between the checks and the insert: the next import will see it. What was
# inserted for ours has to go again.
_FORGET_LOST_VARIATIONS = f"""
UPDATE import_row r SET {{refusal}}
WHERE {_NEW_VARIATION} AND NOT EXISTS (SELECT FROM products_productvariation v WHERE v.id = r.target_id)
"""
_FORGET_LOST_PRODUCTS = f"""
DROP TABLE IF EXISTS import_lost;
CREATE TEMPORARY TABLE import_lost ON COMMIT DROP AS
SELECT r.target_id AS id FROM import_row r
WHERE {_NEW_PRODUCT} AND NOT EXISTS (SELECT FROM products_product p WHERE p.id = r.target_id);

DELETE FROM products_product_categories x USING import_lost l WHERE x.product_id = l.id;
DELETE FROM products_productimage x USING import_lost l WHERE x.product_id = l.id;
DELETE FROM products_productvariation x USING import_lost l WHERE x.product_id = l.id;

UPDATE import_row r SET {{refusal}} FROM import_lost l WHERE {_NEW_PRODUCT} AND r.target_id = l.id;
UPDATE import_row r SET {{refusal}} FROM import_lost l WHERE {_NEW_VARIATION} AND r.parent_id = l.id;
"""
_REFUSAL = """
target_id = NULL, refusal_code = 'made_meanwhile', refusal_column = 'sku', refusal_value = r.sku,
refusal_reason = 'somebody made a row with this SKU, slug or option meanwhile: import the row again'
"""


def take_keys() -> None:
    """Give new products and variations their keys, and new variations the product that they belong to."""
    _execute(_TAKE_KEYS)


def create_variations() -> None:
    """Insert the new variations, also of products that are not there yet, with their stock."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE_VARIATIONS)
        if cursor.rowcount != _count(cursor, _NEW_VARIATION):
            cursor.execute(_FORGET_LOST_VARIATIONS.format(refusal=_REFUSAL))
        cursor.execute(_SUM_LEVELS)


def create_products(tell: Callable[[int, int], None]) -> None:
    """Insert the new products, block by block, with their stock; tells how many rows of how many are done."""
    with connection.cursor() as cursor:
        expected = _count(cursor, _NEW_PRODUCT)
        cursor.execute("SELECT coalesce(max(id), 0) FROM import_row")
        last = cursor.fetchone()[0]
        created = 0
        for after in range(0, last if expected else 0, BLOCK_ROWS):
            cursor.execute(_CREATE_PRODUCTS, {"after": after})
            created += cursor.rowcount
            tell(min(after + BLOCK_ROWS, last), last)
        if created != expected:
            cursor.execute(_FORGET_LOST_PRODUCTS.format(refusal=_REFUSAL))


def _count(cursor: CursorWrapper, condition: str) -> int:
    cursor.execute(f"SELECT count(*) FROM import_row r WHERE {condition}")
    found: int = cursor.fetchone()[0]
    return found


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
