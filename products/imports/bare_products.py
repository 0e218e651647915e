"""Products that orders of an import name and the catalogue does not have: made bare, not offered, without stock."""

from django.db import connection

from common.failpoints import failpoint
from products.imports import snapshots

# The name's letters and figures, with the SKU behind them, so that equal names do not collide.
_SLUG = """
left(trim(BOTH '-' FROM regexp_replace(lower(r.name), '[^a-z0-9]+', '-', 'g')), 225)
    || '-' || trim(BOTH '-' FROM regexp_replace(lower(r.sku), '[^a-z0-9_]+', '-', 'g'))
"""
_CREATE = f"""
INSERT INTO products_product (sku, name, slug, description, price, low_stock_threshold, is_active, stock_quantity)
SELECT r.sku, r.name, trim(BOTH '-' FROM {_SLUG}), '', r.price, 0, false, 0
FROM import_product r
WHERE NOT EXISTS (SELECT FROM products_product p WHERE upper(p.sku) = upper(r.sku))
    AND NOT EXISTS (SELECT FROM products_productvariation v WHERE v.sku = r.sku)
ORDER BY r.line
ON CONFLICT DO NOTHING
RETURNING id
"""  # noqa: S608 - of the constants above
_NOTE = """
UPDATE import_product r SET product_id = p.id FROM products_product p WHERE p.id = ANY(%s) AND p.sku = r.sku
"""
_REMEMBER = f"""
INSERT INTO common_importchange (batch_id, kind, action, target_id, label, line, before, after)
SELECT %(batch)s, 'product', 'created', t.id, t.sku, r.line, NULL,
    {snapshots.PRODUCT} || jsonb_build_object('categories', {snapshots.links("t.id")}, 'images', '[]'::jsonb)
FROM import_product r JOIN products_product t ON t.id = r.product_id
"""  # noqa: S608 - of constants


def add_missing_products(*, batch_id: int) -> None:
    """Make the products of the staging table `import_product` (sku, name, price, line) that the catalogue lacks.

    A SKU counts whatever its case, and a variation's too. They cost what the file says but are not offered, as the
    shop knows neither their stock nor their descriptions: staff decide. Needs the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        ids = [product_id for (product_id,) in cursor.fetchall()]
        cursor.execute(_NOTE, [ids])
        cursor.execute(_REMEMBER, {"batch": batch_id})
    failpoint("import.after_products")
