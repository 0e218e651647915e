"""Remembers what an import changes: a batch, and for each changed thing how it was and how the import left it."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Collection, Mapping

from django.db import connection

from common.models import ImportBatch
from products.imports import snapshots
from products.imports.comparing import differences, product_columns, variation_columns

_INSERT = "INSERT INTO common_importchange (batch_id, kind, action, target_id, label, line, before, after)"

_TAKEN = "r.refusal_code IS NULL AND r.target_id IS NOT NULL"

# Rows are compared once more, under their lock: what somebody changed since the file was compared with the shop is
# what an undo has to go back to.
_REMEMBER_UPDATED = """
{insert}
SELECT %(batch)s, '{kind}', 'updated', t.id, r.sku, r.line, {before}, e.after
FROM import_row r
JOIN {table} t ON t.id = r.target_id
CROSS JOIN LATERAL (SELECT {pairs} AS pairs) d
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(key, value -> 0), '{{}}') AS before,
        coalesce(jsonb_object_agg(key, value -> 1), '{{}}') AS after
    FROM jsonb_each(d.pairs)
) e
WHERE r.kind = '{kind}' AND r.action = 'update' AND r.refusal_code IS NULL AND ({differs})
"""
_PARTS_BEFORE = f"""
e.before
|| CASE WHEN r.changes ? 'categories' THEN jsonb_build_object('categories', {snapshots.links("t.id")})
    ELSE '{{}}' END
|| CASE WHEN r.changes ? 'images' THEN jsonb_build_object('images', {snapshots.pictures("t.id")}) ELSE '{{}}' END
|| CASE WHEN d.pairs ? 'is_active' AND coalesce(t.publish_at, t.unpublish_at) IS NOT NULL
    THEN jsonb_build_object('schedule', jsonb_build_array(t.publish_at, t.unpublish_at)) ELSE '{{}}' END
|| CASE WHEN r.changes ? 'image_urls' THEN jsonb_build_object('image_urls', {snapshots.image_urls("t.id")})
    ELSE '{{}}' END
|| CASE WHEN d.pairs ? 'slug' THEN jsonb_build_object('former_slugs', {snapshots.former_slugs("t.slug", "r.slug")})
    ELSE '{{}}' END
"""
_PARTS_AFTER = f"""
UPDATE common_importchange c
SET after = c.after || jsonb_strip_nulls(jsonb_build_object(
    'categories', CASE WHEN c.before ? 'categories' THEN {snapshots.links("c.target_id")} END,
    'images', CASE WHEN c.before ? 'images' THEN {snapshots.pictures("c.target_id")} END,
    'image_urls', CASE WHEN c.before ? 'image_urls' THEN {snapshots.image_urls("c.target_id")} END
))
WHERE c.batch_id = %(batch)s AND c.kind = 'product' AND c.before ?| ARRAY['categories', 'images', 'image_urls']
"""

_REMEMBER_OWN_STOCK = f"""
{_INSERT}
SELECT %(batch)s, 'stock', 'updated', p.id, p.sku, NULL,
    jsonb_build_object('stock_quantity', p.stock_quantity), jsonb_build_object('stock_quantity', 0)
FROM products_product p
WHERE p.id = ANY(%(products)s)
"""

# Without fresh figures of the keys that the merge filled in, the joins below would be planned for one row.
_COUNT_TARGETS = "ANALYZE import_row (kind, action, target_id, refusal_code)"
_REMEMBER_PRODUCTS = f"""
{_INSERT}
SELECT %(batch)s, 'product', 'created', t.id, t.sku, r.line, NULL, {snapshots.PRODUCT} {{parts}}
FROM import_row r JOIN products_product t ON t.id = r.target_id
WHERE r.kind = 'product' AND r.action = 'create' AND {_TAKEN}
"""
_REMEMBER_VARIATIONS = f"""
{_INSERT}
SELECT %(batch)s, 'variation', 'created', t.id, t.sku, r.line, NULL, {snapshots.VARIATION}
FROM import_row r JOIN products_productvariation t ON t.id = r.target_id
WHERE r.kind = 'variation' AND r.action = 'create' AND {_TAKEN}
"""
_REMEMBER_CATEGORIES = f"""
{_INSERT}
SELECT %(batch)s, 'category', 'created', t.id,
    (SELECT string_agg(level, ' > ' ORDER BY place) FROM jsonb_array_elements_text(p.path) WITH ORDINALITY
        AS e (level, place)),
    NULL, NULL, {snapshots.CATEGORY}
FROM products_category t JOIN import_category p ON p.id = t.id
WHERE t.id = ANY(%(categories)s)
"""


class Batch:
    """The memory of one import, filled while its rows are merged, in the import's own transaction."""

    def __init__(self, row: ImportBatch) -> None:
        self.row = row

    def remember_before(self, *, stated: Collection[str]) -> None:
        """Note the products and variations about to be updated as they are; needs their locks."""
        parts = [part for part in ("categories", "images", "image_urls") if part in stated]
        if parts or product_columns(stated):
            differs = ["d.pairs <> '{}'", *(f"r.changes ? '{part}'" for part in parts)]
            self._remember_updated(
                "product", "products_product", product_columns(stated), _PARTS_BEFORE, " OR ".join(differs)
            )
        if variation_columns(stated):
            self._remember_updated(
                "variation", "products_productvariation", variation_columns(stated), "e.before", "d.pairs <> '{}'"
            )

    def remember_own_stock(self, *, product_ids: Collection[int]) -> None:
        """Note the level of products that are about to give it up."""
        if product_ids:
            self._execute(_REMEMBER_OWN_STOCK, products=list(product_ids))

    def remember_results(self, *, stated: Collection[str], category_ids: Collection[int]) -> None:
        """Note what the import created, and the parts of updated products as it left them."""
        parts = ""
        if "categories" in stated:
            parts += f"|| jsonb_build_object('categories', {snapshots.links('t.id')})"
        if "images" in stated:
            parts += f"|| jsonb_build_object('images', {snapshots.pictures('t.id')})"
        self._execute(_COUNT_TARGETS)
        if parts or "image_urls" in stated:
            self._execute(_PARTS_AFTER)
        self._execute(_REMEMBER_PRODUCTS.format(parts=parts))
        self._execute(_REMEMBER_VARIATIONS)
        if category_ids:
            self._execute(_REMEMBER_CATEGORIES, categories=list(category_ids))

    def _remember_updated(self, kind: str, table: str, columns: Mapping[str, str], before: str, differs: str) -> None:
        pairs = differences({column: (staged, column) for staged, column in columns.items()})
        self._execute(
            _REMEMBER_UPDATED.format(
                insert=_INSERT, kind=kind, table=table, pairs=pairs, before=before, differs=differs
            )
        )

    def _execute(self, sql: str, **values: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"batch": self.row.id, **values})
