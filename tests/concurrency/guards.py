"""Takes a last guard out of the database for a careless twin, and puts it back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.emptying import delete_rows
from tests.live import LiveShop, running_shop


@contextmanager
def careless_shop(*guards: str, pause_seconds: float = 0.3) -> Iterator[LiveShop]:
    """The shop without these guards of its code (`tests.concurrency.careless_wsgi`)."""
    application = "tests.concurrency.careless_wsgi:application"
    variables = {"CARELESS": ",".join(guards), "CARELESS_PAUSE_SECONDS": str(pause_seconds)}
    with running_shop(application=application, **variables) as shop:  # type: ignore[arg-type]  # of no other parameter
        yield shop


@contextmanager
def without_index(name: str) -> Iterator[None]:
    """The database without this unique index; its rows are gone afterwards, since they may break it."""
    definition = _ask("SELECT pg_get_indexdef(%s::regclass)", name)
    _run(f"DROP INDEX {name}")
    try:
        yield
    finally:
        delete_rows()
        _run(definition)


@contextmanager
def without_constraint(table: str, definition: str) -> Iterator[None]:
    """The database without this constraint of the table; its rows are gone afterwards."""
    find = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND pg_get_constraintdef(oid) = %s"
    name = _ask(find, table, definition)
    _run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    try:
        yield
    finally:
        delete_rows()
        _run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def _ask(statement: str, *values: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        row = cursor.fetchone()
        assert row is not None, values
        return str(row[0])


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
