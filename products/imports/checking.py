"""The checks that need the whole file or the shop: each one statement over the staging table."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from dataclasses import dataclass

from django.db import connection

from common.imports.errors import PRODUCT_REFUSED
from common.imports.listening import Mode
from common.money import MAX_AMOUNT


@dataclass(frozen=True)
class _Check:
    """Rows of `import_row r` for which the condition holds are refused."""

    code: str
    column: str
    reason: str  # SQL, so that it may tell what the row collides with
    condition: str
    joined: str = ""
    value: str = ""  # SQL; the column's own value where it is empty


# From here on a row knows what it is about: its key and its product's key in the shop, if there, and its `action`:
# create, update, unchanged or skip, and null for a part. All that is found out is written in one go, as every rewrite
# of the table takes as long as reading the file.
_FIND_TARGETS = """
DROP TABLE IF EXISTS import_row;
CREATE TEMPORARY TABLE import_row ON COMMIT DROP AS
SELECT s.*,
    coalesce(p.id, v.id) AS target_id,
    owner.id AS parent_id,
    CASE
        WHEN s.kind = 'part' THEN NULL
        WHEN p.id IS NULL AND v.id IS NULL THEN CASE WHEN %(mode)s = 'update' THEN 'skip' ELSE 'create' END
        ELSE CASE WHEN %(mode)s = 'create' THEN 'skip' ELSE 'update' END
    END AS action,
    '{}'::jsonb AS changes,
    coalesce(p.stock_quantity, v.stock_quantity) AS stock_now,
    l.version,
    NULL::text AS refusal_column,
    NULL::text AS refusal_value,
    NULL::text AS refusal_code,
    NULL::text AS refusal_reason
FROM import_staged s
LEFT JOIN products_product p ON s.kind = 'product' AND p.sku = s.sku
LEFT JOIN products_productvariation v ON s.kind = 'variation' AND v.sku = s.sku
LEFT JOIN products_product owner ON s.kind = 'variation' AND owner.sku = s.parent_sku
LEFT JOIN products_productlisting l ON l.product_id = coalesce(p.id, owner.id);

DROP TABLE import_staged;
CREATE INDEX import_row_id ON import_row (id);
CREATE INDEX import_row_sku ON import_row (kind, sku);
CREATE INDEX import_row_slug ON import_row (slug);
CREATE INDEX import_row_parent ON import_row (parent_sku) WHERE kind = 'variation';
ANALYZE import_row;
"""
_SKIP_WHOLE_GROUPS = """
UPDATE import_row r SET action = 'skip'
FROM import_row p
WHERE r.kind = 'variation' AND p.kind = 'product' AND p.group_line = r.group_line AND p.action = 'skip'
    AND r.action <> 'skip'
"""
# Later steps look rows up by their key and join all of them; more indexes would only slow down what they write.
_FORGET_LOOK_UPS = "DROP INDEX import_row_sku, import_row_slug, import_row_parent"

# What one row of a group says, such as a price, is right only together with the others.
_REFUSE_WHOLE_GROUPS = f"""
UPDATE import_row r
SET refusal_code = '{PRODUCT_REFUSED}', refusal_column = '', refusal_value = '',
    refusal_reason = 'its product is refused for line ' || f.line
FROM (
    SELECT group_line, min(line) AS line FROM import_row
    WHERE group_line IS NOT NULL AND refusal_code IS NOT NULL GROUP BY group_line
) f
WHERE r.group_line = f.group_line AND r.refusal_code IS NULL
"""

# A new product without a slug takes the one of its name, or, where that is taken, of its name and SKU.
_GIVE_SLUGS = """
UPDATE import_row r
SET slug = CASE
    WHEN d.place > 1
        OR EXISTS (SELECT 1 FROM products_product p WHERE p.slug = r.derived_slug)
        OR EXISTS (SELECT 1 FROM products_formerslug f WHERE f.slug = r.derived_slug)
        OR EXISTS (SELECT 1 FROM import_row o WHERE o.slug = r.derived_slug AND o.refusal_code IS NULL)
    THEN r.fallback_slug ELSE r.derived_slug
END
FROM (
    SELECT id, row_number() OVER (PARTITION BY derived_slug ORDER BY id) AS place
    FROM import_row
    WHERE kind = 'product' AND action = 'create' AND slug IS NULL AND refusal_code IS NULL
) d
WHERE d.id = r.id
"""
# With figures of the time when no new row had a slug, looking for repeated ones would be planned for one row, and
# takes minutes for a hundred thousand.
_COUNT_SLUGS = "ANALYZE import_row (slug)"


def _earlier(partition: str, kind: str) -> str:
    return f"""
        JOIN (
            SELECT id, first_value(line) OVER w AS first_line, row_number() OVER w AS place
            FROM import_row r
            WHERE kind = '{kind}' AND refusal_code IS NULL AND action <> 'skip'
            WINDOW w AS (PARTITION BY {partition} ORDER BY id)
        ) d ON d.id = r.id
    """


_FILE_CHECKS = [
    _Check(
        code="repeated_sku",
        column="sku",
        reason="'the SKU stands in line ' || d.first_line || ' already'",
        joined=_earlier("kind, sku", kind),
        condition="d.place > 1",
    )
    for kind in ("product", "variation")
]
_PRODUCT_CHECKS = [
    *(
        _Check(
            code="required_to_create",
            column=column,
            reason=f"'a new product needs a {column}'",
            condition=f"r.kind = 'product' AND r.action = 'create' AND r.{column} IS NULL",
        )
        for column in ("name", "price")
    ),
    _Check(
        code="repeated_slug",
        column="slug",
        reason="'the slug stands in line ' || d.first_line || ' already'",
        joined=_earlier("slug", "product"),
        condition="d.place > 1 AND r.slug IS NOT NULL",
    ),
    _Check(
        code="slug_taken",
        column="slug",
        reason="'the product with the SKU ' || p.sku || ' has this slug'",
        joined="JOIN products_product p ON p.slug = r.slug",
        condition="r.kind = 'product' AND r.action <> 'skip' AND p.id IS DISTINCT FROM r.target_id",
    ),
    _Check(
        code="image_not_found",
        column="images",
        value="i.image ->> 'file'",
        reason="'there is no such picture'",
        joined="CROSS JOIN LATERAL jsonb_array_elements(r.images) AS i (image)",
        condition="""
            r.action <> 'skip' AND i.image ->> 'name' IS NULL AND NOT EXISTS (
                SELECT 1 FROM products_productimage p
                WHERE p.product_id = r.target_id AND p.image = i.image ->> 'file'
            )
        """,
    ),
]
_VARIATION_CHECKS = [
    _Check(
        code="unknown_parent",
        column="parent_sku",
        reason="'neither the shop nor an accepted row of the file has a product with this SKU'",
        condition="""
            r.kind = 'variation' AND r.action <> 'skip' AND r.parent_id IS NULL AND NOT EXISTS (
                SELECT 1 FROM import_row p
                WHERE p.kind = 'product' AND p.sku = r.parent_sku AND p.action = 'create' AND p.refusal_code IS NULL
            )
        """,
    ),
    _Check(
        code="sku_of_other_product",
        column="sku",
        reason="'a variation of another product has this SKU'",
        joined="JOIN products_productvariation v ON v.id = r.target_id",
        condition="r.kind = 'variation' AND r.action = 'update' AND v.product_id IS DISTINCT FROM r.parent_id",
    ),
    *(
        _Check(
            code="required_to_create",
            column=column,
            reason=f"'a new variation needs an {column}'",
            condition=f"r.kind = 'variation' AND r.action = 'create' AND r.{column} IS NULL",
        )
        for column in ("option_name", "option_value")
    ),
    _Check(
        code="repeated_option",
        column="option_value",
        reason="'the option stands in line ' || d.first_line || ' already'",
        joined=_earlier("parent_sku, option_name, option_value", "variation"),
        condition="d.place > 1 AND r.option_name IS NOT NULL AND r.option_value IS NOT NULL",
    ),
    _Check(
        code="option_taken",
        column="option_value",
        reason="'the variation with the SKU ' || v.sku || ' is this option'",
        joined="""
            LEFT JOIN products_productvariation own ON own.id = r.target_id
            JOIN products_productvariation v ON v.product_id = r.parent_id
                AND v.name = coalesce(r.option_name, own.name) AND v.value = coalesce(r.option_value, own.value)
        """,
        condition="r.kind = 'variation' AND r.action <> 'skip' AND v.id IS DISTINCT FROM r.target_id",
    ),
    _Check(
        code="price_out_of_range",
        column="price_adjustment",
        reason="'with this adjustment the price would be below zero or too large'",
        joined="""
            LEFT JOIN products_product p ON p.id = r.parent_id
            LEFT JOIN import_row f ON f.kind = 'product' AND f.sku = r.parent_sku AND f.refusal_code IS NULL
        """,
        condition=f"""
            r.kind = 'variation' AND r.action <> 'skip'
            AND coalesce(f.price, p.price) + r.price_adjustment NOT BETWEEN 0 AND {MAX_AMOUNT}
        """,
    ),
    _Check(
        code="price_out_of_range",
        column="price",
        reason="'with this price the variation ' || v.sku || ' would cost less than nothing or too much'",
        joined="""
            JOIN products_productvariation v ON v.product_id = r.target_id
            LEFT JOIN import_row f ON f.kind = 'variation' AND f.sku = v.sku AND f.refusal_code IS NULL
        """,
        condition=f"""
            r.kind = 'product' AND r.action = 'update'
            AND r.price + coalesce(f.price_adjustment, v.price_adjustment) NOT BETWEEN 0 AND {MAX_AMOUNT}
        """,
    ),
]


def check_rows(*, mode: Mode) -> None:
    """Find what each staged row is to create or update, and mark the rows that cannot be taken."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND_TARGETS, {"mode": mode.value})
        cursor.execute(_SKIP_WHOLE_GROUPS)
        for check in _FILE_CHECKS:
            cursor.execute(_refuse(check))
        cursor.execute(_GIVE_SLUGS)
        cursor.execute(_COUNT_SLUGS)
        for check in (*_PRODUCT_CHECKS, *_VARIATION_CHECKS):
            cursor.execute(_refuse(check))
        cursor.execute(_REFUSE_WHOLE_GROUPS)
        cursor.execute(_FORGET_LOOK_UPS)


def _refuse(check: _Check) -> str:
    value = check.value or f"r.{check.column}::text"
    return f"""
        UPDATE import_row t
        SET refusal_code = '{check.code}', refusal_column = '{check.column}',
            refusal_value = coalesce(found.value, ''), refusal_reason = found.reason
        FROM (
            SELECT r.id, {value} AS value, {check.reason} AS reason
            FROM import_row r {check.joined}
            WHERE r.refusal_code IS NULL AND {check.condition}
        ) found
        WHERE found.id = t.id
    """
