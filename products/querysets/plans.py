"""How the planner is to read the catalogue."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

BY_INDEX = """\
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"""


@contextmanager
def by_index() -> Iterator[None]:
    """Find and join rows by looking each one up in an index, until the transaction ends.

    A statement that stops after a bounded number of rows then reads no more than that of each table. Left to itself,
    the planner may rather scan the whole of the other table, whose size knows no bound.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        yield
