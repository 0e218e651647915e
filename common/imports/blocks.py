"""Reads what a long query over a staging table finds block by block, so that memory stays flat."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Iterator
from typing import Any

from django.db import connection
from psycopg2.extras import register_default_jsonb

BLOCK_ROWS = 500


def read_blocks(columns: str, condition: str, *, table: str = "import_row") -> Iterator[list[tuple[Any, ...]]]:
    """Yield blocks of rows of the table, known as `r`, that fulfil the condition, in the order of the file.

    All arguments are SQL of the calling module, never of a caller's input. The row's id comes first in each tuple.
    """
    last = 0
    while True:
        with connection.cursor() as cursor:
            register_default_jsonb(cursor.cursor)  # Django's connections leave JSON as text
            cursor.execute(
                f"SELECT r.id, {columns} FROM {table} r WHERE r.id > %s AND {condition} ORDER BY r.id LIMIT %s",
                [last, BLOCK_ROWS],
            )
            block = cursor.fetchall()
        if not block:
            return
        yield block
        last = block[-1][0]
