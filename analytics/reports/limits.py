"""What keeps a report from holding up the shop."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

LONGEST_STATEMENT_SECONDS: float = 15


@contextmanager
def bounded() -> Iterator[None]:
    """A transaction in which each statement ends after 15 seconds (OperationalError)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(LONGEST_STATEMENT_SECONDS * 1000)}")
        yield
