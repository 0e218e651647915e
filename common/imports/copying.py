"""Copies rows into a temporary table by blocks, so that memory stays flat however many there are."""

import io
import json
from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

BLOCK_ROWS = 500


class CopiedLines:
    """Takes rows for one COPY statement; what is not flushed is not in the table yet."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._block: list[str] = []

    def add(self, values: Iterable[object]) -> None:
        """Take one row: null, text, numbers and booleans as they are, anything else as JSON."""
        self._block.append("\t".join(map(_copy_text, values)))
        if len(self._block) >= BLOCK_ROWS:
            self.flush()

    def flush(self) -> None:
        """Copy what was taken so far."""
        if not self._block:
            return
        lines = io.StringIO("\n".join(self._block) + "\n")
        self._block = []
        with connection.cursor() as cursor:
            cursor.copy_expert(self._statement, lines)


def _copy_text(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, Decimal)):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
