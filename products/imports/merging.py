"""Brings the accepted rows of the staging table into the catalogue, in sets; needs the caller's transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Collection

from django.db import connection
from django.db.backends.utils import CursorWrapper

from common import outbox
from common.failpoints import failpoint
from common.locking import advisory_lock
from products.imports.batches import Batch
from products.imports.blocks import read_blocks
from products.imports.category_tree import create_missing_categories
from products.imports.comparing import product_columns, read_category_paths, variation_columns, wanted
from products.imports.opening import book_out_own_stock, open_stock_of_new_rows
from products.imports.pictures import merge_pictures
from products.imports.wanted_pictures import want_pictures
from products.models import Product

_LOCK_PRODUCTS = """
SELECT p.id FROM products_product p
WHERE p.id IN (
    SELECT CASE kind WHEN 'product' THEN target_id ELSE parent_id END FROM import_row
    WHERE action IN ('create', 'update') AND refusal_code IS NULL
)
ORDER BY p.id FOR NO KEY UPDATE OF p
"""
_LOCK_VARIATIONS = """
SELECT v.id FROM products_productvariation v
WHERE v.id IN (SELECT target_id FROM import_row WHERE kind = 'variation' AND action = 'update' AND refusal_code IS NULL)
ORDER BY v.id FOR NO KEY UPDATE OF v
"""

_CREATE_PRODUCTS = """
WITH new AS (
    INSERT INTO products_product (
        sku, name, slug, description, price, compare_price, cost_price, low_stock_threshold, weight, is_active,
        tax_class, stock_quantity
    )
    SELECT sku, name, slug, coalesce(description, ''), price, compare_price, cost_price,
        coalesce(low_stock_threshold, 10), weight, coalesce(is_active, true), coalesce(tax_class, ''), 0
    FROM import_row
    WHERE kind = 'product' AND action = 'create' AND refusal_code IS NULL
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id, sku
)
UPDATE import_row r SET target_id = new.id
FROM new WHERE r.kind = 'product' AND r.action = 'create' AND r.refusal_code IS NULL AND r.sku = new.sku
"""

_FIND_NEW_PARENTS = """
UPDATE import_row r SET parent_id = p.target_id
FROM import_row p
WHERE r.kind = 'variation' AND r.parent_id IS NULL AND r.refusal_code IS NULL
    AND p.kind = 'product' AND p.sku = r.parent_sku AND p.refusal_code IS NULL
"""

_CREATE_VARIATIONS = """
WITH new AS (
    INSERT INTO products_productvariation (product_id, name, value, price_adjustment, stock_quantity, sku)
    SELECT parent_id, option_name, option_value, coalesce(price_adjustment, 0), 0, sku
    FROM import_row
    WHERE kind = 'variation' AND action = 'create' AND refusal_code IS NULL AND parent_id IS NOT NULL
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id, sku
)
UPDATE import_row r SET target_id = new.id
FROM new WHERE r.kind = 'variation' AND r.action = 'create' AND r.refusal_code IS NULL AND r.sku = new.sku
"""

# Somebody made a product of this SKU or slug between the checks and the insert: the next import will see it.
_REFUSE_OVERTAKEN = """
UPDATE import_row
SET refusal_code = 'made_meanwhile', refusal_column = 'sku', refusal_value = sku,
    refusal_reason = 'somebody made a row with this SKU, slug or option meanwhile: import the row again'
WHERE action = 'create' AND refusal_code IS NULL AND target_id IS NULL
"""

_TAKEN_OFF = """
r.kind = 'product' AND r.action = 'update' AND r.refusal_code IS NULL AND r.changes -> 'is_active' ->> 1 = 'false'
"""

_PLACED = """
    r.kind = 'product' AND r.refusal_code IS NULL AND r.categories IS NOT NULL
    AND (r.action = 'create' OR r.action = 'update' AND r.changes ? 'categories')
"""
_LEAVE_CATEGORIES = f"""
DELETE FROM products_product_categories pc
USING import_row r, import_category c
WHERE {_PLACED} AND pc.product_id = r.target_id AND c.id = pc.category_id
    AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(r.categories) AS e (path) WHERE e.path = c.path)
"""
# Where siblings share a name, the product stays where it is; a new place is the oldest of them.
_ENTER_CATEGORIES = f"""
INSERT INTO products_product_categories (product_id, category_id)
SELECT r.target_id, min(c.id)
FROM import_row r
CROSS JOIN LATERAL jsonb_array_elements(r.categories) AS e (path)
JOIN import_category c ON c.path = e.path
WHERE {_PLACED} AND NOT EXISTS (
    SELECT 1 FROM products_product_categories pc JOIN import_category o ON o.id = pc.category_id
    WHERE pc.product_id = r.target_id AND o.path = e.path
)
GROUP BY r.target_id, e.path
ON CONFLICT DO NOTHING
"""


def merge_rows(*, stated: Collection[str], batch: Batch) -> None:
    """Write what the staging table says is new or changed, and nothing else; the batch remembers all of it.

    Locks the products that change by id, then the variations by id.
    """
    new_categories: list[int] = []
    with connection.cursor() as cursor:
        if "categories" in stated:
            advisory_lock("products:category-tree")  # as all do who change the tree
            read_category_paths()
            new_categories = create_missing_categories()
        # A variation's product is locked too, as everybody does who changes its stock.
        cursor.execute(_LOCK_PRODUCTS)
        cursor.execute(_LOCK_VARIATIONS)
        batch.remember_before(stated=stated)
        cursor.execute(_CREATE_PRODUCTS)
        _update(cursor, "product", "products_product", product_columns(stated))
        _tell_deactivated()
        failpoint("import.after_products")
        cursor.execute(_FIND_NEW_PARENTS)
        book_out_own_stock(batch=batch)
        cursor.execute(_CREATE_VARIATIONS)
        _update(cursor, "variation", "products_productvariation", variation_columns(stated))
        cursor.execute(_REFUSE_OVERTAKEN)
        if "categories" in stated:
            cursor.execute(_LEAVE_CATEGORIES)
            cursor.execute(_ENTER_CATEGORIES)
    if "images" in stated:
        merge_pictures()
    if "image_urls" in stated:
        want_pictures()
    if "stock_quantity" in stated:
        open_stock_of_new_rows()
    batch.remember_results(stated=stated, category_ids=new_categories)
    failpoint("import.before_commit")


def _update(cursor: CursorWrapper, kind: str, table: str, columns: dict[str, str]) -> None:
    if not columns:
        return
    settings = ", ".join(f"{column} = {wanted(staged, column)}" for staged, column in columns.items())
    names = ", ".join(f"'{staged}'" for staged in columns)
    cursor.execute(
        f"""
        UPDATE {table} t SET {settings}
        FROM import_row r
        WHERE r.kind = '{kind}' AND r.action = 'update' AND r.refusal_code IS NULL AND t.id = r.target_id
            AND r.changes ?| ARRAY[{names}]
        """
    )


def _tell_deactivated() -> None:
    """Tell of each product that the file took off the shop, as its service does."""
    for block in read_blocks("r.target_id", _TAKEN_OFF):
        products = Product.objects.filter(id__in=[product_id for _, product_id in block])
        for product_id, slug in products.order_by("id").values_list("id", "slug"):
            outbox.emit("product.deactivated", resource=f"product:{product_id}", product_id=product_id, slug=slug)
