"""Finds out, row by row, what an import would change; writes to the staging table only."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Collection, Mapping

from django.db import connection

from products.imports.fetched import FETCHED, NAMES_ADDRESSES
from products.imports.placing import look_up_places, note_cells, read_category_paths
from products.imports.wanted_pictures import compare_wanted

# A blank cell of these empties the column; of all others it means "not stated".
_NULLABLE = ("compare_price", "cost_price", "weight")
# Columns of the file that are compared and written as they are, products' and (by their name here) variations'.
PRODUCT_COLUMNS = (
    *("name", "slug", "description", "price", "compare_price", "cost_price"),
    *("low_stock_threshold", "weight", "is_active", "tax_class", "barcode"),
)
VARIATION_COLUMNS = {
    "option_name": "name",
    "option_value": "value",
    "price_adjustment": "price_adjustment",
    "barcode": "barcode",
}

_COMPARE_CATEGORIES = """
UPDATE import_row r
SET changes = r.changes || jsonb_build_object('categories', jsonb_build_array(d.now, d.wanted))
FROM (
    SELECT r.id,
        coalesce((
            SELECT jsonb_agg(DISTINCT c.path ORDER BY c.path)
            FROM products_product_categories pc JOIN import_category c ON c.id = pc.category_id
            WHERE pc.product_id = r.target_id
        ), '[]') AS now,
        coalesce((
            SELECT jsonb_agg(DISTINCT e.path ORDER BY e.path) FROM jsonb_array_elements(r.categories) AS e (path)
        ), '[]') AS wanted
    FROM import_row r
    JOIN import_place w ON w.categories = r.categories
    LEFT JOIN (
        SELECT pc.product_id, array_agg(DISTINCT c.first_id ORDER BY c.first_id) AS ids
        FROM products_product_categories pc JOIN import_category c ON c.id = pc.category_id
        GROUP BY pc.product_id
    ) n ON n.product_id = r.target_id
    WHERE r.kind = 'product' AND r.action = 'update' AND r.refusal_code IS NULL
        AND NOT (w.all_there AND w.ids = coalesce(n.ids, '{}'))
) d
WHERE d.id = r.id
"""

# Pictures become what the product shall have: names in storage with their texts, the featured one first. A picture
# named as storage names one that the product has already is that one.
_RESOLVE_PICTURES = """
UPDATE import_row r SET images = d.pictures
FROM (
    SELECT r.id, coalesce(jsonb_agg(jsonb_build_object(
        'file', i.image ->> 'file',
        'name', coalesce(named.image, i.image ->> 'name'),
        'alt', left(coalesce(i.image ->> 'alt', own.alt_text, r.name, p.name, ''), 255)
    ) ORDER BY i.place), '[]') AS pictures
    FROM import_row r
    CROSS JOIN LATERAL jsonb_array_elements(r.images) WITH ORDINALITY AS i (image, place)
    LEFT JOIN products_product p ON p.id = r.target_id
    LEFT JOIN LATERAL (
        SELECT image FROM products_productimage WHERE product_id = r.target_id AND image = i.image ->> 'file' LIMIT 1
    ) named ON true
    LEFT JOIN LATERAL (
        SELECT alt_text FROM products_productimage
        WHERE product_id = r.target_id AND image = coalesce(named.image, i.image ->> 'name')
        ORDER BY "order", id LIMIT 1
    ) own ON true
    WHERE r.kind = 'product' AND r.action IN ('create', 'update') AND r.refusal_code IS NULL
    GROUP BY r.id
) d
WHERE d.id = r.id
"""

# Where a row names addresses, what came from such is not the business of its list of files.
_COMPARE_PICTURES = f"""
UPDATE import_row r
SET changes = r.changes || jsonb_build_object('images', jsonb_build_array(d.now, d.wanted))
FROM (
    SELECT r.id,
        coalesce((
            SELECT jsonb_agg(jsonb_build_array(image, alt_text) ORDER BY is_featured DESC, "order", id)
            FROM products_productimage x
            WHERE x.product_id = r.target_id AND (NOT {NAMES_ADDRESSES} OR NOT {FETCHED})
        ), '[]') AS now,
        coalesce((
            SELECT jsonb_agg(jsonb_build_array(e.image ->> 'name', e.image ->> 'alt') ORDER BY e.place)
            FROM jsonb_array_elements(r.images) WITH ORDINALITY AS e (image, place)
        ), '[]') AS wanted
    FROM import_row r
    WHERE r.kind = 'product' AND r.action = 'update' AND r.refusal_code IS NULL AND r.images IS NOT NULL
) d
WHERE d.id = r.id AND d.now <> d.wanted
"""

# What was found out decides which plans are good from here on; with figures of the bare rows, joins of new rows would
# be planned for one row and take minutes for thousands.
_DECIDE = """
UPDATE import_row SET action = 'unchanged' WHERE action = 'update' AND changes = '{}';
ANALYZE import_row;
"""


def compare_rows(*, stated: Collection[str]) -> None:
    """Write into each row's `changes` what it would change, as {column: [now, wanted]}, and decide its action."""
    products, variations = product_columns(stated), variation_columns(stated)
    with connection.cursor() as cursor:
        if products:
            cursor.execute(_compare_columns("product", "products_product", products))
        if variations:
            cursor.execute(_compare_columns("variation", "products_productvariation", variations))
        if "categories" in stated:
            read_category_paths()
            note_cells()
            look_up_places()
            cursor.execute(_COMPARE_CATEGORIES)
        if "images" in stated:
            cursor.execute(_RESOLVE_PICTURES)
            cursor.execute(_COMPARE_PICTURES)
        if "image_urls" in stated:
            compare_wanted()
        cursor.execute(_DECIDE)


def product_columns(stated: Collection[str]) -> dict[str, str]:
    """Return the stated columns that are written as they are, with the names that products have for them."""
    return {column: column for column in PRODUCT_COLUMNS if column in stated}


def variation_columns(stated: Collection[str]) -> dict[str, str]:
    """Return the same of variations."""
    return {column: name for column, name in VARIATION_COLUMNS.items() if column in stated}


def _compare_columns(kind: str, table: str, columns: dict[str, str]) -> str:
    pairs = differences({staged: (staged, column) for staged, column in columns.items()})
    differs = " OR ".join(f"{wanted(staged, column)} IS DISTINCT FROM t.{column}" for staged, column in columns.items())
    return f"""
        UPDATE import_row r SET changes = {pairs}
        FROM {table} t
        WHERE r.kind = '{kind}' AND r.action = 'update' AND r.refusal_code IS NULL AND t.id = r.target_id
            AND ({differs})
    """


def differences(columns: Mapping[str, tuple[str, str]]) -> str:
    """Return the SQL of what row `r` of the file changes of row `t`, as {name: [now, wanted]}.

    `columns` has under each name the column of the file and the one of the table.
    """
    pairs = ", ".join(
        f"'{name}', CASE WHEN {wanted(staged, column)} IS DISTINCT FROM t.{column} "
        f"THEN jsonb_build_array(t.{column}, {wanted(staged, column)}) END"
        for name, (staged, column) in columns.items()
    )
    return f"jsonb_strip_nulls(jsonb_build_object({pairs}))"


def wanted(staged: str, column: str) -> str:
    """Return the SQL of the value that row `t` shall have by row `r` of the file."""
    return f"r.{staged}" if staged in _NULLABLE else f"coalesce(r.{staged}, t.{column})"
