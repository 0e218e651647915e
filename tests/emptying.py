"""Proves the books after a test that committed, and empties the database in milliseconds instead of Django's flush.

Flush truncates every table and makes all permissions anew, which costs more than most such tests. Here only the
tables that have rows are emptied, and what the migrations wrote stays.
"""

import pytest
from django.db import connection
from django.test import TransactionTestCase

from tests.factories.payments import breaches

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
MOST_SHOWN = 10
# Dead rows of big tests would stay, and the planner, told of no living ones, would read them all again and again.
MUCH_BYTES = 50_000_000
_judging = {"rows": True}


def empty_database_quickly() -> None:
    """Have Django's transactional tests end by `_empty`."""
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]  # the stubs leave it out


def prove_the_books_after(item: pytest.Item) -> None:
    """Decide before a test whether what it commits is judged: always, unless it is marked `bare_rows`."""
    _judging["rows"] = item.get_closest_marker("bare_rows") is None


def _empty(_test: TransactionTestCase) -> None:
    found = breaches() if _judging["rows"] else []
    delete_rows()
    assert not found, "\n".join(["The test leaves books that are wrong:", *found[:MOST_SHOWN]])


def delete_rows() -> None:
    """Empty the tables that have rows, whatever they refer to."""
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_table_size(name::regclass)) FROM unnest(%s) AS name", [tables])
        if cursor.fetchone()[0] > MUCH_BYTES:
            cursor.execute(f"SET session_replication_role = replica; TRUNCATE {', '.join(tables)}")
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
        filled = [row[0] for row in cursor.fetchall()]
        # As a replica the server runs no triggers: neither those of foreign keys nor those that freeze or derive rows.
        deletions = "".join(f"DELETE FROM {table};" for table in filled)
        cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletions} COMMIT")


def forget_roles() -> None:
    """Delete the roles, without a word to the audit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "BEGIN; SET LOCAL session_replication_role = replica;"
            "DELETE FROM auth_group_permissions; DELETE FROM auth_group; COMMIT"
        )
