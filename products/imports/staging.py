"""The staging table: rows of a file as they were parsed, copied in by blocks; it ends with its transaction."""

import io
import json
from collections.abc import Mapping
from decimal import Decimal

from django.db import connection

from products.imports.rows import Value

BLOCK_ROWS = 500

# Lower part: what the later steps find out. `action` is create, update, unchanged or skip.
_CREATE = """
CREATE TEMPORARY TABLE import_row (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line integer NOT NULL,
    cells jsonb NOT NULL,
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
    low_stock_threshold integer,
    weight numeric(8, 2),
    is_active boolean,
    tax_class text,
    categories jsonb,
    images jsonb,
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
        "kind",
        "sku",
        "parent_sku",
        "name",
        "slug",
        "derived_slug",
        "fallback_slug",
        "description",
    ),
    *("price", "compare_price", "cost_price", "stock_quantity", "low_stock_threshold", "weight", "is_active"),
    *("tax_class", "categories", "images", "option_name", "option_value", "price_adjustment"),
)
_COPY = f"COPY import_row ({', '.join(_COLUMNS)}) FROM STDIN"


class StagingTable:
    """Takes rows one by one and copies them in blocks, so that memory stays flat however long the file is."""

    def __init__(self) -> None:
        self._block: list[str] = []
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS import_row")
            cursor.execute(_CREATE)

    def add(self, row: Mapping[str, Value]) -> None:
        """Take one row: a value for each column that it states."""
        self._block.append("\t".join(_copy_text(row.get(column)) for column in _COLUMNS))
        if len(self._block) >= BLOCK_ROWS:
            self._flush()

    def finish(self) -> None:
        """Copy what is left and index the table for the steps that follow."""
        self._flush()
        with connection.cursor() as cursor:
            for columns in ("kind, sku", "slug", "derived_slug", "parent_sku"):
                cursor.execute(f"CREATE INDEX ON import_row ({columns})")
            cursor.execute("ANALYZE import_row")

    def _flush(self) -> None:
        if not self._block:
            return
        lines = io.StringIO("\n".join(self._block) + "\n")
        self._block = []
        with connection.cursor() as cursor:
            cursor.copy_expert(_COPY, lines)


def _copy_text(value: Value) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, Decimal)):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
