"""Finds out what of a batch can be put back; writes to a table of its own only, which ends with its transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db import connection

from common.money import MAX_AMOUNT
from products.imports import snapshots
from products.imports.undo import references

# `back` holds the columns that go back to an earlier value, `kept` those that stay, with the reason. `uses` says who
# needs a thing that the batch created: it stays, but is taken off the shop. What is `gone` somebody deleted since.
_PLAN = """
DROP TABLE IF EXISTS undo_row;
CREATE TEMPORARY TABLE undo_row ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY line, id) AS id, id AS change_id, kind, action, target_id, label, line, before,
    after, '{}'::jsonb AS back, '{}'::jsonb AS kept, '' AS uses, false AS gone, '' AS outcome, '' AS reason
FROM common_importchange
WHERE batch_id = %s AND kind IN ('product', 'variation', 'category', 'stock');
ALTER TABLE undo_row ADD PRIMARY KEY (id);
CREATE INDEX ON undo_row (kind, target_id);
ANALYZE undo_row;
"""

# For update, unlike elsewhere: nobody may come to refer to a row that is about to be deleted. Counted, so that the
# keys stay on the server.
_LOCK_PRODUCTS = """
SELECT count(*) FROM (
    SELECT p.id FROM products_product p
    WHERE p.id IN (
        SELECT target_id FROM undo_row WHERE kind IN ('product', 'stock')
        UNION
        SELECT v.product_id FROM products_productvariation v
        JOIN undo_row u ON u.kind = 'variation' AND u.target_id = v.id
    )
    ORDER BY p.id FOR UPDATE OF p
) locked
"""
_LOCK_VARIATIONS = """
SELECT count(*) FROM (
    SELECT v.id FROM products_productvariation v
    WHERE v.id IN (SELECT target_id FROM undo_row WHERE kind = 'variation')
        OR v.product_id IN (SELECT target_id FROM undo_row WHERE kind = 'product')
    ORDER BY v.id FOR UPDATE OF v
) locked
"""

TABLES = {
    "product": "products_product",
    "variation": "products_productvariation",
    "category": "products_category",
    "stock": "products_product",
}
_FIND_GONE = """
UPDATE undo_row u SET gone = true
WHERE u.kind = '{kind}' AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = u.target_id)
"""

# Only a column that still holds what the batch wrote goes back.
_COMPARE_UPDATED = """
UPDATE undo_row u SET back = d.back, kept = d.kept
FROM (
    SELECT u.id,
        coalesce(jsonb_object_agg(e.key, u.before -> e.key) FILTER (WHERE n.now -> e.key = e.value), '{{}}') AS back,
        coalesce(jsonb_object_agg(e.key, 'changed since') FILTER (WHERE n.now -> e.key <> e.value), '{{}}') AS kept
    FROM undo_row u
    JOIN {table} t ON t.id = u.target_id
    CROSS JOIN LATERAL (SELECT to_jsonb(t) || {parts} AS now) n
    CROSS JOIN LATERAL jsonb_each(u.after) e
    WHERE u.kind = '{kind}' AND u.action = 'updated'
    GROUP BY u.id
) d
WHERE d.id = u.id
"""
_PARTS_OF_UPDATED = f"""
CASE WHEN u.after ? 'categories' THEN jsonb_build_object('categories', {snapshots.links("t.id")}) ELSE '{{}}' END
|| CASE WHEN u.after ? 'images'
    THEN jsonb_build_object('images', {snapshots.pictures_since("t.id", "u.after -> 'images'")}) ELSE '{{}}' END
|| CASE WHEN u.after ? 'image_urls' THEN jsonb_build_object('image_urls', {snapshots.image_urls("t.id")})
    ELSE '{{}}' END
"""
_COMPARE_CREATED = """
UPDATE undo_row u SET kept = d.kept
FROM (
    SELECT u.id, jsonb_object_agg(n.key, 'changed since') AS kept
    FROM undo_row u
    JOIN {table} t ON t.id = u.target_id
    CROSS JOIN LATERAL jsonb_each({now}) n
    WHERE u.kind = '{kind}' AND u.action = 'created' AND n.key <> 'stock_quantity'
        AND n.value <> coalesce(u.after -> n.key, CASE n.key WHEN 'categories' THEN '{{}}'::jsonb ELSE '[]' END)
    GROUP BY u.id
) d
WHERE d.id = u.id
"""
_PARTS_OF_CREATED = f"""jsonb_build_object(
    'categories', {snapshots.links("t.id")}, 'images', {snapshots.pictures_since("t.id", "u.after -> 'images'")}
)"""

# A new row's level is its opening, which is one movement or, for none, no movement. Rows with more are counted once
# for all of them: a look-up for each is planned badly where many movements are new.
_FIND_MOVED = """
UPDATE undo_row u SET uses = concat_ws(', ', nullif(u.uses, ''), 'stock moved')
FROM {table} t
WHERE u.kind = '{kind}' AND u.action = 'created' AND t.id = u.target_id
    AND (to_jsonb(t.stock_quantity) <> u.after -> 'stock_quantity' OR u.target_id IN (
        SELECT m.{column} FROM products_stockmovement m
        JOIN undo_row c ON c.kind = '{kind}' AND c.action = 'created' AND c.target_id = m.{column}
        WHERE {own} GROUP BY m.{column} HAVING count(*) > 1
    ))
"""

# A new product and its new variations go together or stay together.
_LOOK_AT_VARIATIONS = """
UPDATE undo_row p
SET uses = concat_ws(', ', nullif(p.uses, ''), CASE WHEN d.used THEN 'a variation in use' END),
    kept = p.kept || CASE WHEN d.changed THEN '{"variations": "changed since"}' ELSE '{}' END::jsonb
FROM (
    SELECT v.product_id, bool_or(u.uses <> '') AS used, bool_or(u.id IS NULL OR u.kept <> '{}') AS changed
    FROM products_productvariation v
    LEFT JOIN undo_row u ON u.kind = 'variation' AND u.action = 'created' AND u.target_id = v.id
    GROUP BY v.product_id
) d
WHERE p.kind = 'product' AND p.action = 'created' AND d.product_id = p.target_id AND (d.used OR d.changed)
"""
_STAY_WITH_PRODUCT = """
UPDATE undo_row v SET kept = v.kept || '{"product": "stays"}'
FROM products_productvariation t, undo_row p
WHERE v.kind = 'variation' AND v.action = 'created' AND t.id = v.target_id
    AND p.kind = 'product' AND p.action = 'created' AND p.target_id = t.product_id
    AND (p.kept <> '{}' OR p.uses <> '')
"""


def goes(alias: str) -> str:
    """Return the SQL that says whether a row of the plan is a new thing that is deleted again."""
    return f"({alias}.action = 'created' AND NOT {alias}.gone AND {alias}.kept = '{{}}' AND {alias}.uses = '')"


def _keep(kind: str, columns: str, reason: str, condition: str) -> str:
    """Return the SQL that leaves the columns as they are where the condition holds."""
    return f"""
        UPDATE undo_row u
        SET back = u.back - '{{{columns}}}'::text[], kept = u.kept || (
            SELECT jsonb_object_agg(k, '{reason}') FROM jsonb_object_keys(u.back) k WHERE k = ANY('{{{columns}}}')
        )
        FROM {TABLES[kind]} t
        WHERE u.kind = '{kind}' AND u.action = 'updated' AND t.id = u.target_id AND u.back ?| '{{{columns}}}'
            AND {condition}
    """


_KEEP = (
    _keep(
        "product",
        "slug",
        "taken by another product",
        "EXISTS (SELECT FROM products_product o WHERE o.slug = u.back ->> 'slug' AND o.id <> t.id)",
    ),
    _keep(
        "product",
        "categories",
        "a category of then is gone",
        """EXISTS (
            SELECT FROM jsonb_object_keys(u.back -> 'categories') k
            WHERE NOT EXISTS (SELECT FROM products_category c WHERE c.id = k::bigint)
        )""",
    ),
    _keep(
        "variation",
        "name,value",
        "taken by another variation",
        f"""EXISTS (
            SELECT FROM products_productvariation o
            LEFT JOIN undo_row d ON d.kind = 'variation' AND d.target_id = o.id
            WHERE o.product_id = t.product_id AND o.id <> t.id AND NOT coalesce({goes("d")}, false)
                AND o.name = coalesce(u.back ->> 'name', t.name) AND o.value = coalesce(u.back ->> 'value', t.value)
        )""",
    ),
    _keep(
        "product",
        "price",
        "a variation would cost less than nothing or too much",
        f"""EXISTS (
            SELECT FROM products_productvariation v
            LEFT JOIN undo_row w ON w.kind = 'variation' AND w.target_id = v.id
            WHERE v.product_id = t.id AND NOT coalesce({goes("w")}, false)
                AND (u.back ->> 'price')::numeric
                + coalesce((w.back ->> 'price_adjustment')::numeric, v.price_adjustment) NOT BETWEEN 0 AND {MAX_AMOUNT}
        )""",
    ),
    _keep(
        "variation",
        "price_adjustment",
        "it would cost less than nothing or too much",
        f"""EXISTS (
            SELECT FROM products_product p
            LEFT JOIN undo_row w ON w.kind = 'product' AND w.target_id = p.id
            WHERE p.id = t.product_id
                AND coalesce((w.back ->> 'price')::numeric, p.price)
                + (u.back ->> 'price_adjustment')::numeric NOT BETWEEN 0 AND {MAX_AMOUNT}
        )""",
    ),
)


def plan_undo(*, batch_id: int) -> None:
    """Lock what the batch changed, products by id, then variations by id, and note what can be put back."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, [batch_id])
        cursor.execute(_LOCK_PRODUCTS)
        cursor.execute(_LOCK_VARIATIONS)
        for kind, table in TABLES.items():
            cursor.execute(_FIND_GONE.format(kind=kind, table=table))
        for statement in _statements():
            cursor.execute(statement)


def _statements() -> list[str]:
    """What the plan takes, in order: each statement builds upon those before it."""
    product, variation = TABLES["product"], TABLES["variation"]
    created_product = f"{snapshots.PRODUCT} || {_PARTS_OF_CREATED}"
    return [
        _COMPARE_UPDATED.format(kind="product", table=product, parts=_PARTS_OF_UPDATED),
        _COMPARE_UPDATED.format(kind="variation", table=variation, parts="'{}'"),
        _COMPARE_CREATED.format(kind="product", table=product, now=created_product),
        _COMPARE_CREATED.format(kind="variation", table=variation, now=snapshots.VARIATION),
        _COMPARE_CREATED.format(kind="category", table=TABLES["category"], now=snapshots.CATEGORY),
        _FIND_MOVED.format(kind="product", table=product, column="product_id", own="m.variation_id IS NULL"),
        _FIND_MOVED.format(kind="variation", table=variation, column="variation_id", own="true"),
        *references.find_uses(),
        _LOOK_AT_VARIATIONS,
        _STAY_WITH_PRODUCT,
        *_KEEP,
        "ANALYZE undo_row",
    ]
