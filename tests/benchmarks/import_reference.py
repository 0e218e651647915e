"""The yardstick of imports: COPY into a temporary table, then INSERT … ON CONFLICT into the same tables.

No value is checked, no row refused, compared or remembered for an undo; constraints, indexes and triggers are the same.
"""

from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class

_COPY = """
CREATE TEMPORARY TABLE row (
    sku text, parent_sku text, name text, slug text, description text, price numeric(10, 2),
    compare_price numeric(10, 2), cost_price numeric(10, 2), stock_quantity integer, low_stock_threshold integer,
    weight numeric(8, 2), is_active boolean, tax_class text, categories text, option_name text, option_value text,
    price_adjustment numeric(10, 2)
) ON COMMIT DROP
"""
_ROWS = """
ANALYZE row;

INSERT INTO products_product (
    sku, name, slug, description, price, compare_price, cost_price, low_stock_threshold, weight, is_active, tax_class,
    stock_quantity
)
SELECT sku, name, slug, description, price, compare_price, cost_price, low_stock_threshold, weight, is_active, '',
    coalesce(stock_quantity, 0)
FROM row WHERE parent_sku IS NULL
ON CONFLICT (sku) DO UPDATE
SET name = EXCLUDED.name, slug = EXCLUDED.slug, description = EXCLUDED.description, price = EXCLUDED.price,
    compare_price = EXCLUDED.compare_price, cost_price = EXCLUDED.cost_price,
    low_stock_threshold = EXCLUDED.low_stock_threshold, weight = EXCLUDED.weight, is_active = EXCLUDED.is_active;

INSERT INTO products_productvariation (product_id, name, value, price_adjustment, stock_quantity, sku)
SELECT p.id, r.option_name, r.option_value, r.price_adjustment, r.stock_quantity, r.sku
FROM row r JOIN products_product p ON p.sku = r.parent_sku
ON CONFLICT (sku) DO UPDATE
SET name = EXCLUDED.name, value = EXCLUDED.value, price_adjustment = EXCLUDED.price_adjustment;
"""
_LINKS = """
CREATE TEMPORARY TABLE place ON COMMIT DROP AS
SELECT r.sku, split_part(e.path, ' > ', 1) AS department, split_part(e.path, ' > ', 2) AS shelf
FROM row r CROSS JOIN LATERAL string_to_table(r.categories, ' | ') AS e (path)
WHERE r.categories IS NOT NULL;
ANALYZE place;

INSERT INTO products_category (name, slug)
SELECT DISTINCT department, replace(lower(department), ' ', '-') FROM place;

INSERT INTO products_category (name, slug, parent_id)
SELECT DISTINCT s.shelf, replace(lower(s.shelf), ' ', '-'), d.id
FROM place s JOIN products_category d ON d.name = s.department;

INSERT INTO products_product_categories (product_id, category_id)
SELECT p.id, c.id
FROM place s JOIN products_product p ON p.sku = s.sku JOIN products_category c ON c.name = s.shelf
ON CONFLICT (product_id, category_id) DO NOTHING;
"""
_LEDGER = """
INSERT INTO products_stockmovement (product_id, delta, reason)
SELECT p.id, r.stock_quantity, 'import' FROM row r JOIN products_product p ON p.sku = r.sku
WHERE r.parent_sku IS NULL AND r.stock_quantity > 0;

INSERT INTO products_stockmovement (product_id, variation_id, delta, reason)
SELECT v.product_id, v.id, r.stock_quantity, 'import' FROM row r JOIN products_productvariation v ON v.sku = r.sku
WHERE r.parent_sku IS NOT NULL AND r.stock_quantity > 0;
"""


def load(connection: Connection, path: Path, *, with_links: bool) -> None:
    """Bring the file in, in one transaction; without links there are products and variations only."""
    with connection, connection.cursor() as cursor, path.open(encoding="utf-8", newline="") as file:
        cursor.execute(_COPY)
        cursor.copy_expert("COPY row FROM STDIN (FORMAT csv, HEADER)", file, 1 << 16)
        cursor.execute(_ROWS)
        if with_links:
            cursor.execute(_LINKS)
            cursor.execute(_LEDGER)
