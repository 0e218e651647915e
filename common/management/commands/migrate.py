"""`migrate`, beside a shop that sells: it waits for no lock in front of others, tries again, and never runs twice.

One runs at a time: another waits for it, then finds what is left. Behind a pooler it asks PostgreSQL itself
(DATABASE_DIRECT_URL), as it needs a session of its own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, OperationalError, connections

from common.backups.server import shops_database
from common.locking import is_taken
from common.postgresql.schema import with_patience

LOCK = "migrate"


class Command(migrate.Command):
    """Django's own, with patience."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where a lock was not to be had in MIGRATION_PATIENCE_SECONDS; run it again then."""
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        connection = connections[options["database"]]
        try:
            with alone(connection):
                with_patience(lambda: super(Command, self).handle(*args, **options))
        except OperationalError as error:
            if not is_taken(error):
                raise
            raise CommandError(
                f"Somebody held what it needed for {settings.MIGRATION_PATIENCE_SECONDS} seconds"
                f" ({str(error).splitlines()[0]}). What was done stays; run it again."
            ) from error


@contextmanager
def alone(connection: Any) -> Iterator[None]:
    """Hold the lock of migrations; raises CommandError where another one holds it for too long.

    It is asked for again and again instead of waited for: an index built concurrently would wait for the waiting one.
    """
    if settings.DATABASE_DIRECT_URL and connection.alias == DEFAULT_DB_ALIAS and not connection.in_atomic_block:
        _ask_directly(connection)
    deadline = time.monotonic() + settings.MIGRATION_PATIENCE_SECONDS
    while not _ask(connection, "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"):
        if time.monotonic() > deadline:
            raise CommandError("Another migrate is still at work; run this one again when that has ended.")
        time.sleep(0.5)
    if not connection.in_atomic_block:
        _settle_in(connection)
    try:
        yield
    finally:
        if connection.is_usable():  # else the lock has ended with the connection
            _ask(connection, "SELECT pg_advisory_unlock(hashtextextended(%s, 0))")
            if not connection.in_atomic_block:
                connection.close()  # with the time-outs that were set for it


def _ask(connection: Any, statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [LOCK])
        return bool(cursor.fetchone()[0])


def _ask_directly(connection: Any) -> None:
    server = shops_database()
    connection.close()
    connection.settings_dict.update(
        HOST=server.host, PORT=server.port, USER=server.user, PASSWORD=server.password, NAME=server.name
    )


def _settle_in(connection: Any) -> None:
    """Statements take as long as they take; but where this process is killed, the server ends its statement too."""
    _set(connection, "statement_timeout", "0")
    with suppress(OperationalError, NotSupportedError):  # not every system can tell the server that a client is gone
        _set(connection, "client_connection_check_interval", "1s")


def _set(connection: Any, name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
