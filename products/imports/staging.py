"""The staging table: rows of a file as they were parsed, copied in by blocks; it ends with its transaction."""

from collections.abc import Mapping

from django.db import connection

from products.imports.copying import CopiedLines
from products.imports.rows import Value

# `kind` is product, variation, or part: a row of the file that only adds to a product's row. Rows with the same
# `group_line` are taken together or not at all. Lower part: what the later steps find out. `action` is create, update,
# unchanged or skip, and null for a part.
_CREATE = """
CREATE TEMPORARY TABLE import_row (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line integer NOT NULL,
    cells jsonb NOT NULL,
    group_line integer,
    kind text NOT NULL,
    sku text NOT NULL,
    parent_sku text,
    name text,
    slug text,
    derived_slug text,
    fallback_slug text,
    description text,
    price numeric(10, 2),
    compare_price numeric(10, 2),
    cost_price numeric(10, 2),
    stock_quantity integer,
    stock_is_assumed boolean,
    low_stock_threshold integer,
    weight numeric(8, 2),
    is_active boolean,
    tax_class text,
    categories jsonb,
    images jsonb,
    image_urls jsonb,
    option_name text,
    option_value text,
    price_adjustment numeric(10, 2),

    target_id bigint,
    parent_id bigint,
    action text,
    changes jsonb NOT NULL DEFAULT '{}',
    stock_now integer,
    refusal_column text,
    refusal_value text,
    refusal_code text,
    refusal_reason text
) ON COMMIT DROP
"""
_COLUMNS = (
    *(
        "line",
        "cells",
        "group_line",
        "kind",
        "sku",
        "parent_sku",
        "name",
        "slug",
        "derived_slug",
        "fallback_slug",
        "description",
    ),
    *("price", "compare_price", "cost_price", "stock_quantity", "stock_is_assumed"),
    *(
        "low_stock_threshold",
        "weight",
        "is_active",
        "tax_class",
        "categories",
        "images",
        "image_urls",
        "option_name",
        "option_value",
        "price_adjustment",
    ),
)
_COPY = f"COPY import_row ({', '.join(_COLUMNS)}) FROM STDIN"


class StagingTable:
    """Takes rows one by one and copies them in blocks, so that memory stays flat however long the file is."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS import_row")
            cursor.execute(_CREATE)
        self._lines = CopiedLines(_COPY)

    def add(self, row: Mapping[str, Value]) -> None:
        """Take one row: a value for each column that it states."""
        self._lines.add(row.get(column) for column in _COLUMNS)

    def finish(self) -> None:
        """Copy what is left and index the table for the steps that follow."""
        self._lines.flush()
        with connection.cursor() as cursor:
            for columns in ("kind, sku", "slug", "derived_slug", "parent_sku"):
                cursor.execute(f"CREATE INDEX ON import_row ({columns})")
            cursor.execute("ANALYZE import_row")
