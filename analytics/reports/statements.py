"""Reports that are one statement of SQL, as sequences that read only the page asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, overload

from django.db import connection

Row = dict[str, Any]


class StatementRows(Sequence[Row]):
    """The rows of an ordered SELECT, named by its columns; each slice is one statement, and so is the count."""

    def __init__(self, *, select: str, count: str, values: Mapping[str, Any]) -> None:
        self._select = select
        self._count = count
        self._values = values

    def __len__(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(self._count, self._values)
            return int(cursor.fetchone()[0])

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if not isinstance(index, slice):
            return self[index : index + 1][0]
        first = index.start or 0
        page = {"first": first, "rows": None if index.stop is None else max(index.stop - first, 0)}
        with connection.cursor() as cursor:
            cursor.execute(f"{self._select} LIMIT %(rows)s OFFSET %(first)s", {**self._values, **page})
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
