"""Copies rows into a table while they are being made, so that memory stays flat however many there are."""

import io
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.db import connection

BLOCK_ROWS = 500
_CHUNK_CHARACTERS = 1 << 17


def copy_rows(statement: str, rows: Iterable[Iterable[object]]) -> None:
    """Feed one COPY statement: null, text, numbers and booleans as they are, anything else as JSON.

    The server takes in what is sent while the next rows are being made, so whatever makes them must not use this
    connection meanwhile. An error of theirs is raised as it is; the transaction is of no more use then.
    """
    stream = _Stream(rows)
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert(statement, stream, _CHUNK_CHARACTERS)
        except Exception:
            if stream.error is not None:
                raise stream.error from None
            raise


class CopiedLines:
    """Takes rows for one COPY statement from a maker that uses the connection meanwhile; unflushed is not there yet."""

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


class _Stream:
    """What COPY reads from: lines are made when it asks for more."""

    def __init__(self, rows: Iterable[Iterable[object]]) -> None:
        self._lines = self._chunks(iter(rows))
        self.error: BaseException | None = None

    def read(self, _size: int = -1) -> str:
        """Return the next lines, about a chunk of them; the driver sends whatever length it gets."""
        try:
            return next(self._lines, "")
        except BaseException as error:  # the driver would tell its name only
            self.error = error
            raise

    def _chunks(self, rows: Iterator[Iterable[object]]) -> Iterator[str]:
        lines: list[str] = []
        length = 0
        for row in rows:
            lines.append("\t".join(map(_copy_text, row)))
            length += len(lines[-1])
            if length >= _CHUNK_CHARACTERS:
                yield "\n".join([*lines, ""])
                lines, length = [], 0
        if lines:
            yield "\n".join([*lines, ""])


def _copy_text(value: object) -> str:
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is bool:
        return "t" if value else "f"
    if kind is int or kind is Decimal:
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
