"""Counts the SQL statements that requests cost, as PostgreSQL itself sees them arrive."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks.shop_data import connected, with_database

# Statements inside of functions and triggers are no round trips, and `track = top` leaves them out.
_COUNT = """
SELECT coalesce(sum(calls) FILTER (WHERE query !~* '^(begin|commit|rollback)'), 0),
    coalesce(sum(calls) FILTER (WHERE query ~* '^begin'), 0)
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = %s AND toplevel
"""
_RELOAD_SECONDS = 0.3


@dataclass
class Counted:
    """Statements besides BEGIN and COMMIT, and transactions."""

    statements: int = 0
    transactions: int = 0


@contextmanager
def counted_statements(server_url: str, database: str) -> Iterator[Counted]:
    """Count what others send to the database meanwhile; there is something to read once the context has ended."""
    counted = Counted()
    with connected(with_database(server_url, "postgres")) as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        cursor.execute("ALTER SYSTEM SET pg_stat_statements.track = 'top'")
        cursor.execute("SELECT pg_reload_conf()")
        time.sleep(_RELOAD_SECONDS)
        cursor.execute("SELECT pg_stat_statements_reset()")
        try:
            yield counted
            cursor.execute(_COUNT, [database])
            counted.statements, counted.transactions = map(int, cursor.fetchone() or (0, 0))
        finally:
            cursor.execute("ALTER SYSTEM SET pg_stat_statements.track = 'none'")
            cursor.execute("SELECT pg_reload_conf()")
