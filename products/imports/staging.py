"""The staged rows: rows of a file as they were parsed, copied in as a stream; they end with their transaction."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from django.db import connection

from common.imports.copying import copy_rows
from products.imports.rows import Value

_BLOCK_ROWS = 500

# `kind` is product, variation, or part: a row of the file that only adds to a product's row. Rows with the same
# `group_line` are taken together or not at all.
_CREATE = """
CREATE TEMPORARY TABLE import_staged (
    id integer NOT NULL,
    line integer NOT NULL,
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
    barcode text,
    categories jsonb,
    images jsonb,
    image_urls jsonb,
    option_name text,
    option_value text,
    price_adjustment numeric(10, 2),
    digest uuid
) ON COMMIT DROP
"""
_COLUMNS = (
    *("line", "group_line", "kind", "sku", "parent_sku", "name", "slug", "derived_slug", "fallback_slug"),
    *("description", "price", "compare_price", "cost_price", "stock_quantity", "stock_is_assumed"),
    *("low_stock_threshold", "weight", "is_active", "tax_class", "barcode", "categories", "images", "image_urls"),
    *("option_name", "option_value", "price_adjustment", "digest"),
)
_COPY = f"COPY import_staged (id, {', '.join(_COLUMNS)}) FROM STDIN"


def stage_rows(rows: Iterable[Mapping[str, Value]], *, from_database: bool) -> None:
    """Copy the rows into the table `import_staged`, numbered as they come: a value for each column that they state.

    Rows that are read from the database themselves are copied block by block, others as one stream.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS import_staged; {_CREATE}")
    numbered = _numbered(rows)
    if from_database:
        for first in numbered:
            copy_rows(_COPY, list(chain([first], islice(numbered, _BLOCK_ROWS - 1))))
    else:
        copy_rows(_COPY, numbered)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE import_staged")


def _numbered(rows: Iterable[Mapping[str, Value]]) -> Iterator[list[object]]:
    for number, row in enumerate(rows, start=1):
        yield [number, *(row.get(column) for column in _COLUMNS)]
