"""How the planner is to read the catalogue."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_BY_INDEX = """
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""


@contextmanager
def by_index() -> Iterator[None]:
    """Find and join rows by looking each one up in an index, until the transaction ends.

    A statement that stops after a bounded number of rows then reads no more than that of each table. Left to itself,
    the planner may rather scan the whole of the other table, whose size knows no bound.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BY_INDEX)
        yield


def read(sql: str, params: Sequence[Any], *, by_index: bool) -> list[tuple[Any, ...]]:
    """The rows of a statement, in one round trip.

    What is sent together is one transaction, so the settings of `by_index` end with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{_BY_INDEX};\n{sql}" if by_index else sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
