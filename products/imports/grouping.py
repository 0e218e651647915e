"""Brings together the rows of each product, wherever in the file they stand, in flat memory."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from django.db import connection

from common.imports.copying import copy_rows
from common.imports.errors import BadValue
from common.imports.reading import RawRow
from products.imports.formats.format import ProductKey

MOST_ROWS = 5_000
_CREATE = """
DROP TABLE IF EXISTS import_source;
CREATE TEMPORARY TABLE import_source (
    line integer NOT NULL,
    name text NOT NULL,
    alias text,
    cells text NOT NULL,
    broken_code text,
    broken_reason text
) ON COMMIT DROP
"""
_COPY = "COPY import_source (line, name, alias, cells, broken_code, broken_reason) FROM STDIN"
_CALL_BY_NAME = """
CREATE INDEX ON import_source (alias);
ANALYZE import_source;
UPDATE import_source r SET name = p.name
FROM (SELECT alias, min(name) AS name FROM import_source WHERE alias IS NOT NULL GROUP BY alias) p
WHERE p.alias = r.name AND p.name <> r.name
"""
_READ = """
SELECT first_line, size, line, cells, broken_code, broken_reason
FROM (SELECT s.*, min(line) OVER w AS first_line, count(*) OVER w AS size
      FROM import_source s WINDOW w AS (PARTITION BY name)) s
ORDER BY first_line, line
"""


def read_products(rows: Iterable[RawRow], product_key: Callable[[RawRow], ProductKey]) -> Iterator[list[RawRow]]:
    """Yield the rows of each product, in the order of the file, products by their first row.

    Reads all rows before it yields any; they wait in a temporary table, so this needs the caller's transaction. A
    product of more than MOST_ROWS rows, which would not fit into memory for certain, is yielded row by row as broken.
    """
    _fill(rows, product_key)
    with connection.chunked_cursor() as cursor:
        cursor.execute(_READ)
        for (_, size), found in groupby(cursor, key=itemgetter(0, 1)):
            if size > MOST_ROWS:
                yield from ([_too_many(row)] for row in map(_raw_row, found))
            else:
                yield [_raw_row(row) for row in found]


def _fill(rows: Iterable[RawRow], product_key: Callable[[RawRow], ProductKey]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
    copy_rows(_COPY, (_source_row(row, product_key(row)) for row in rows))
    with connection.cursor() as cursor:
        cursor.execute(_CALL_BY_NAME)


def _source_row(row: RawRow, key: ProductKey) -> tuple[object, ...]:
    return (
        row.line,
        f"named {key.name}" if key.name else f"line {row.line}",
        f"named {key.alias}" if key.alias else None,
        json.dumps(row.cells),  # in ASCII, as neither a NUL nor a stray byte could be copied
        row.broken and row.broken.code,
        row.broken and str(row.broken),
    )


def _raw_row(found: tuple[int, int, int, str, str | None, str | None]) -> RawRow:
    _, _, line, cells, code, reason = found
    return RawRow(line, json.loads(cells), BadValue(code, reason or "") if code else None)


def _too_many(row: RawRow) -> RawRow:
    return RawRow(row.line, row.cells, BadValue("too_many_rows", f"its product has more than {MOST_ROWS:,} rows"))
