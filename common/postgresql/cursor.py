"""The driver's cursor, which says behind each statement that may write who is at work."""

from typing import Any

from psycopg2 import extensions

from common.audit.context import signed


class SigningCursor(extensions.cursor):
    """Signs what it executes; what is fetched, copied or prepared is the driver's own business."""

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - the driver's name
        super().execute(signed(query) if isinstance(query, str) else query, vars)
