"""Counts the SQL statements that requests cost, as PostgreSQL itself sees them arrive."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.benchmarks.shop_data import connected, with_database

# Statements inside of functions and triggers are no round trips, and `track = top` leaves them out; but for the
# look-ups of foreign keys that are checked at the end of a statement, which are known by words that nobody else writes.
_CALLS = """
SELECT regexp_replace(query, '\\s+', ' ', 'g'), sum(calls)
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = %s AND toplevel
    AND query NOT LIKE 'SELECT %% FROM ONLY %% FOR KEY SHARE OF x'
GROUP BY 1 ORDER BY 2 DESC, 1
"""
_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK")
_RELOAD_SECONDS = 0.3


@dataclass
class Counted:
    """How often each statement came, its values replaced by numbers."""

    calls: dict[str, int] = field(default_factory=dict)

    @property
    def statements(self) -> int:
        """All besides BEGIN, COMMIT and ROLLBACK."""
        return sum(calls for query, calls in self.calls.items() if query not in _OF_TRANSACTIONS)

    @property
    def transactions(self) -> int:
        """Those that were begun as such."""
        return self.calls.get("BEGIN", 0)


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
            cursor.execute(_CALLS, [database])
            counted.calls = {query: int(calls) for query, calls in cursor.fetchall()}
        finally:
            cursor.execute("ALTER SYSTEM SET pg_stat_statements.track = 'none'")
            cursor.execute("SELECT pg_reload_conf()")
