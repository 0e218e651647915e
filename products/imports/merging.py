"""Brings the accepted rows of the staging table into the catalogue, in sets; needs the caller's transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Callable, Collection

from django.db import connection
from django.db.backends.utils import CursorWrapper

from common.failpoints import failpoint
from common.imports.blocks import read_blocks
from common.locking import advisory_lock
from products.imports.batches import Batch
from products.imports.category_tree import create_missing_categories
from products.imports.comparing import product_columns, variation_columns, wanted
from products.imports.creating import create_products, create_variations, take_keys
from products.imports.opening import book_out_own_stock, note_stock_of_new_rows
from products.imports.pictures import merge_pictures
from products.imports.placing import look_up_places, place_products, read_category_paths
from products.imports.wanted_pictures import want_pictures
from products.models import Product
from products.services import offering

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

_SWITCHED = """
r.kind = 'product' AND r.action = 'update' AND r.refusal_code IS NULL AND r.changes -> 'is_active' ->> 1 = '{to}'
"""


def merge_rows(*, stated: Collection[str], batch: Batch, tell: Callable[[int, int], None]) -> None:
    """Write what the staging table says is new or changed, and nothing else; the batch remembers all of it.

    Locks the products that change by id, then the variations by id. Tells how many rows of how many are done.
    """
    new_categories: list[int] = []
    if "categories" in stated:
        advisory_lock("products:category-tree")  # as all do who change the tree
        read_category_paths()
        look_up_places()
        if new_categories := create_missing_categories():
            look_up_places()
    with connection.cursor() as cursor:
        # A variation's product is locked too, as everybody does who changes its stock.
        cursor.execute(_LOCK_PRODUCTS)
        cursor.execute(_LOCK_VARIATIONS)
        batch.remember_before(stated=stated)
        take_keys()
        book_out_own_stock(batch=batch)
        create_variations()
        _update(cursor, "product", "products_product", product_columns(stated))
        _tell_switched()
        _update(cursor, "variation", "products_productvariation", variation_columns(stated))
    if "categories" in stated:
        place_products()
    if "images" in stated:
        merge_pictures()
    failpoint("import.before_products")
    create_products(tell)
    failpoint("import.after_products")
    if "image_urls" in stated:
        want_pictures()
    if "stock_quantity" in stated:
        note_stock_of_new_rows()
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


def _tell_switched() -> None:
    """Tell of each product that the file took off the shop or offered again, as their service does."""
    for to, tell in (("false", offering.tell_deactivated), ("true", offering.tell_activated)):
        for block in read_blocks("r.target_id", _SWITCHED.format(to=to)):
            tell(Product.objects.filter(id__in=[product_id for _, product_id in block]).only("slug").order_by("id"))
