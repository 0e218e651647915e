"""The driver's cursor, which says behind each statement that may write who is at work, and how long each takes."""

from time import perf_counter
from typing import Any

from psycopg2 import extensions

from common.audit.context import signed
from common.postgresql.statements import took


class SigningCursor(extensions.cursor):
    """Signs and times what it executes; what is fetched, copied or prepared is the driver's own business."""

    stands_for: str | None = None  # the statement that an EXECUTE is of

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - the driver's name
        began = perf_counter()
        try:
            super().execute(signed(query) if isinstance(query, str) else query, vars)
        finally:
            took(self.stands_for or query, perf_counter() - began)
