"""What an import is asked for, whom it tells what it finds, and how it sums up; the same for an undo."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from common.imports.errors import RefusedRow
from common.imports.reading import OpenTable, RawRow

# The format that the header tells.
AUTO = "auto"
_ROWS_BETWEEN_WORDS = 100


class Mode(StrEnum):
    """What an import may do: create what is new, update what is there, or both; the rest is skipped."""

    UPSERT = "upsert"
    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True)
class ImportRequest:
    """A file to import and how; `images` is a folder, ZIP or TAR, for what has pictures."""

    path: Path
    format_name: str = AUTO
    mode: Mode = Mode.UPSERT
    dry_run: bool = False
    encoding: str | None = None
    images: Path | None = None
    actor: Any = None  # the user whose name the batch bears
    file_name: str = ""  # as the batch tells it, where that is not the name of the path
    options: Mapping[str, Any] = field(default_factory=dict)  # the subject's own, by name

    @property
    def shown_name(self) -> str:
        """The name of the file as people know it, without its folder."""
        return self.file_name or self.path.name


@dataclass(frozen=True)
class Change:
    """What a row of the file does: `create`, `update`, or `stock_differs` (told, never done)."""

    line: int
    action: str
    kind: str
    label: str  # such as the SKU
    values: dict[str, Any]  # column to [now, wanted]


@dataclass
class Listener:
    """Whom an import tells what it finds, as it goes; every part may be left out."""

    opened: Callable[[list[str]], None] = lambda header: None
    read: Callable[[int, int], None] = lambda bytes_done, bytes_in_all: None
    merged: Callable[[int, int], None] = lambda rows_done, rows_in_all: None
    refused: Callable[[RefusedRow], None] = lambda row: None
    differs: Callable[[Change], None] = lambda change: None


def watched_rows(table: OpenTable, told: Listener) -> Iterator[RawRow]:
    """Yield the rows of the table, telling from time to time how far reading is, and in the end that it is done."""
    for place, raw in enumerate(table.rows):
        if place % _ROWS_BETWEEN_WORDS == 0:
            told.read(table.position(), table.size)
        yield raw
    told.read(table.size, table.size)


@dataclass(frozen=True)
class Summary:
    """Counts of things, and of refused rows of the file: what was (in a dry run: would be) done with them."""

    format: str
    created: int
    updated: int
    unchanged: int
    skipped: int
    refused: int
    stock_differs: int = 0
    batch_id: int | None = None  # by which it can be undone; none where nothing was changed
    note: str = ""  # what people should hear besides, such as why rows were skipped
    counts: tuple[tuple[str, int], ...] = ()  # of the file's rows by rule, where the format has rules of its own

    @property
    def changed(self) -> int:
        """What made a difference."""
        return self.created + self.updated


@dataclass(frozen=True)
class Undone:
    """What became of one change: put back, put back in part, or left, and why."""

    line: int | None
    kind: str
    action: str
    label: str
    outcome: str
    values: dict[str, Any]  # column to [the import's value, the earlier one]
    reason: str


@dataclass(frozen=True)
class UndoSummary:
    """Counts of changes: what was (or in a dry run: would be) done with them."""

    put_back: int
    left: int  # wholly or in part
