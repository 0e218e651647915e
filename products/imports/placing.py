"""Puts products into the categories that the file names; needs the caller's transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db import connection

# What is often the same for many products is looked up once: a cell's list of paths, with the keys of its categories.
# `first_id` stands for all siblings of one name, which are one path.
_CATEGORY_PATHS = """
DROP TABLE IF EXISTS import_category;
CREATE TEMPORARY TABLE import_category ON COMMIT DROP AS
WITH RECURSIVE tree (id, path) AS (
    SELECT id, jsonb_build_array(name) FROM products_category WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, t.path || to_jsonb(c.name) FROM products_category c JOIN tree t ON t.id = c.parent_id
)
SELECT id, path, min(id) OVER (PARTITION BY path) AS first_id FROM tree;
CREATE INDEX ON import_category (id);
ANALYZE import_category;
"""
_CELLS = """
DROP TABLE IF EXISTS import_cell;
CREATE TEMPORARY TABLE import_cell ON COMMIT DROP AS
SELECT DISTINCT categories FROM import_row
WHERE categories IS NOT NULL AND action IN ('create', 'update') AND refusal_code IS NULL;
ANALYZE import_cell;
"""
_PLACES = """
DROP TABLE IF EXISTS import_place;
CREATE TEMPORARY TABLE import_place ON COMMIT DROP AS
SELECT r.categories,
    coalesce(array_agg(DISTINCT c.id ORDER BY c.id) FILTER (WHERE c.id IS NOT NULL), '{}') AS ids,
    coalesce(bool_and(c.id IS NOT NULL) FILTER (WHERE e.path IS NOT NULL), true) AS all_there
FROM import_cell r
LEFT JOIN LATERAL jsonb_array_elements(r.categories) AS e (path) ON true
LEFT JOIN import_category c ON c.path = e.path AND c.id = c.first_id
GROUP BY r.categories;
ANALYZE import_place;
"""

_ENTER_OF_NEW = """
INSERT INTO products_product_categories (product_id, category_id)
SELECT r.target_id, c.id
FROM import_row r
JOIN import_place p ON p.categories = r.categories
CROSS JOIN LATERAL unnest(p.ids) AS c (id)
WHERE r.kind = 'product' AND r.refusal_code IS NULL AND r.action = 'create'
"""
_PLACED = "r.kind = 'product' AND r.refusal_code IS NULL AND r.action = 'update' AND r.changes ? 'categories'"
_LEAVE = f"""
DELETE FROM products_product_categories pc
USING import_row r, import_category c
WHERE {_PLACED} AND pc.product_id = r.target_id AND c.id = pc.category_id
    AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(r.categories) AS e (path) WHERE e.path = c.path)
"""
# Where siblings share a name, the product stays where it is; a new place is the oldest of them.
_ENTER = f"""
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


def read_category_paths() -> None:
    """Note the path of each category as it is now in the temporary table `import_category`."""
    _execute(_CATEGORY_PATHS)


def note_cells() -> None:
    """Note in the temporary table `import_cell` each list of paths that accepted rows name."""
    _execute(_CELLS)


def look_up_places() -> None:
    """Note in the temporary table `import_place` which categories each of these lists means."""
    _execute(_PLACES)


def place_products() -> None:
    """Link new products, which need not be there yet, and changed ones with their categories."""
    for statement in (_ENTER_OF_NEW, _LEAVE, _ENTER):
        _execute(statement)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
