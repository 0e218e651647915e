"""Puts back what the plan of an undo says, in sets; needs the caller's transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db import connection

from authentication.models import User
from common import outbox
from common.imports.blocks import read_blocks
from products.imports.comparing import PRODUCT_COLUMNS, VARIATION_COLUMNS
from products.imports.undo import references
from products.imports.undo.planning import goes
from products.models import Product
from products.services import stock
from products.services.products import deactivate_products

_GOING = goes("r")
_IN_USE = "r.action = 'created' AND NOT r.gone AND r.kept = '{}' AND r.uses <> ''"


def _going(kind: str) -> str:
    return f"SELECT r.target_id FROM undo_row r WHERE r.kind = '{kind}' AND {_GOING}"


# The units of a variation whose product stays are taken out of the product's level; other levels go with their rows.
_STAYING_PRODUCT = f"""
r.kind = 'variation' AND {_GOING} AND NOT EXISTS (
    SELECT FROM products_productvariation v JOIN undo_row p ON p.kind = 'product' AND p.target_id = v.product_id
    WHERE v.id = r.target_id AND {goes("p")}
)
"""

_RESTORE = """
UPDATE {table} t SET {settings}
FROM (
    SELECT n.* FROM undo_row u
    JOIN {table} p ON p.id = u.target_id
    CROSS JOIN LATERAL jsonb_populate_record(p, u.back) n
    WHERE u.kind = '{kind}' AND u.action = 'updated' AND u.back ?| ARRAY[{names}]
) n
WHERE n.id = t.id
"""
_OF_UPDATED = "u.kind = 'product' AND u.action = 'updated'"
# A trigger has just noted the slug of the import as a former one; what these slugs led to before leads there again.
_RESTORE_FORMER_SLUGS = f"""
DELETE FROM products_formerslug f USING undo_row u
WHERE {_OF_UPDATED} AND u.back ? 'slug' AND f.slug IN (u.before ->> 'slug', u.after ->> 'slug');

INSERT INTO products_formerslug (id, slug, product_id, created_at)
SELECT f.id, f.slug, f.product_id, f.created_at
FROM undo_row u
CROSS JOIN LATERAL jsonb_populate_recordset(NULL::products_formerslug, u.before -> 'former_slugs') f
JOIN products_product p ON p.id = f.product_id
WHERE {_OF_UPDATED} AND u.back ? 'slug'
ON CONFLICT DO NOTHING
"""
_RESTORE_LINKS = f"""
DELETE FROM products_product_categories x USING undo_row u
WHERE {_OF_UPDATED} AND u.back ? 'categories' AND x.product_id = u.target_id
    AND NOT u.back -> 'categories' ? x.category_id::text;

INSERT INTO products_product_categories (id, product_id, category_id)
SELECT l.value::bigint, u.target_id, l.key::bigint
FROM undo_row u CROSS JOIN LATERAL jsonb_each_text(u.back -> 'categories') l
WHERE {_OF_UPDATED} AND u.back ? 'categories'
ON CONFLICT DO NOTHING
"""
_RESTORE_PICTURES = f"""
DELETE FROM products_productimage x USING undo_row u
WHERE {_OF_UPDATED} AND u.back ? 'images' AND x.product_id = u.target_id;

INSERT INTO products_productimage (id, product_id, image, alt_text, is_featured, "order")
SELECT i.id, u.target_id, i.image, i.alt_text, i.is_featured, i."order"
FROM undo_row u
CROSS JOIN LATERAL jsonb_populate_recordset(NULL::products_productimage, u.back -> 'images') i
WHERE {_OF_UPDATED} AND u.back ? 'images'
"""

_HIDE_VARIATIONS = f"""
UPDATE products_productvariation v SET is_active = false
FROM undo_row r WHERE r.kind = 'variation' AND {_IN_USE} AND v.id = r.target_id AND v.is_active
"""

# Children before parents: each round deletes what the round before has emptied.
_DELETE_CATEGORIES = f"""
DELETE FROM products_category c USING undo_row r
WHERE r.kind = 'category' AND {_GOING} AND c.id = r.target_id
    AND NOT EXISTS (SELECT FROM products_product_categories x WHERE x.category_id = c.id)
    AND NOT EXISTS (SELECT FROM products_category below WHERE below.parent_id = c.id)
RETURNING c.id, c.slug
"""
_NOTE_FULL_CATEGORIES = f"""
UPDATE undo_row r SET uses = CASE
    WHEN EXISTS (SELECT FROM products_product_categories x WHERE x.category_id = r.target_id) THEN 'products'
    ELSE 'subcategories'
END
WHERE r.kind = 'category' AND {_GOING} AND EXISTS (SELECT FROM products_category c WHERE c.id = r.target_id)
"""

_SELLS_ITSELF = """
r.kind = 'stock' AND NOT r.gone
AND NOT EXISTS (SELECT FROM products_productvariation v WHERE v.product_id = r.target_id)
"""
_NOTE_STOCK = f"""
UPDATE undo_row r SET back = r.before WHERE {_SELLS_ITSELF};
UPDATE undo_row r SET kept = '{{"stock_quantity": "it sells by variation"}}' WHERE r.kind = 'stock' AND r.back = '{{}}'
"""


def put_back(*, note: str, actor: User | None) -> None:
    """Delete what the batch created and nobody needs, and give updated rows their earlier values.

    What is in use stays, taken off the shop. Levels are booked with the note.
    """
    _delete_created()
    _restore("product", "products_product", PRODUCT_COLUMNS)
    _restore("variation", "products_productvariation", tuple(VARIATION_COLUMNS.values()))
    for statement in (_RESTORE_FORMER_SLUGS, _RESTORE_LINKS, _RESTORE_PICTURES, _HIDE_VARIATIONS):
        _execute(statement)
    _tell_deactivated()
    for block in read_blocks("r.target_id", f"r.kind = 'product' AND {_IN_USE}", table="undo_row"):
        deactivate_products(product_ids=[product_id for _, product_id in block])
    _delete_categories()
    _give_own_stock_back(note, actor)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _delete_created() -> None:
    for block in read_blocks("r.target_id", f"r.kind = 'product' AND {_GOING}", table="undo_row"):
        stock.forget_new(product_ids=[product_id for _, product_id in block], variation_ids=[])
    for block in read_blocks("r.target_id", _STAYING_PRODUCT, table="undo_row"):
        stock.forget_new(product_ids=[], variation_ids=[variation_id for _, variation_id in block])
    for table, column in references.parts_of_variations():
        _execute(f"DELETE FROM {table} WHERE {column} IN ({_going('variation')})")
    _execute(f"DELETE FROM products_productvariation WHERE id IN ({_going('variation')})")
    for table, column in references.parts_of_products():
        _execute(f"DELETE FROM {table} WHERE {column} IN ({_going('product')})")
    _execute(f"DELETE FROM products_product WHERE id IN ({_going('product')})")


def _restore(kind: str, table: str, columns: tuple[str, ...]) -> None:
    settings = ", ".join(f"{column} = n.{column}" for column in columns)
    names = ", ".join(f"'{column}'" for column in columns)
    _execute(_RESTORE.format(kind=kind, table=table, settings=settings, names=names))


def _tell_deactivated() -> None:
    """Tell of each product that goes off the shop again, as its service does."""
    hidden = "r.kind = 'product' AND r.action = 'updated' AND r.back ->> 'is_active' = 'false'"
    for block in read_blocks("r.target_id", hidden, table="undo_row"):
        products = Product.objects.filter(id__in=[product_id for _, product_id in block])
        for product_id, slug in products.order_by("id").values_list("id", "slug"):
            outbox.emit("product.deactivated", resource=f"product:{product_id}", product_id=product_id, slug=slug)


def _delete_categories() -> None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_DELETE_CATEGORIES)
            deleted = cursor.fetchall()
            if not deleted:
                break
            for category_id, slug in deleted:
                outbox.emit("category.deleted", resource=f"category:{category_id}", category_id=category_id, slug=slug)
        cursor.execute(_NOTE_FULL_CATEGORIES)


def _give_own_stock_back(note: str, actor: User | None) -> None:
    """Book the level that products gave up for their first variations, where these are gone again."""
    _execute(_NOTE_STOCK)
    levels = "r.target_id, (r.back ->> 'stock_quantity')::integer"
    for block in read_blocks(levels, "r.kind = 'stock' AND r.back <> '{}'", table="undo_row"):
        for _, product_id, level in block:
            stock.adjust(key=stock.StockKey(product_id, None), delta=level, note=note, actor=actor)
