"""Reads files of one row per thing: knows the header, checks each row's shape, and names columns as the file does."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from common.imports.errors import BadValue, FileRefused, Refusal, RefusedRow
from common.imports.formulas import unprotect
from common.imports.listening import Listener, watched_rows
from common.imports.reading import OpenTable
from common.imports.refused_files import ERROR_COLUMN
from common.imports.shapes import wrong_shape

ValueT = TypeVar("ValueT")


@dataclass
class FlatRow:
    """One row's cells by column, and what is found wrong with them."""

    line: int
    raw: list[str]
    cells: Mapping[str, str]
    names: Mapping[str, str]  # column to the file's own name of it
    refusals: list[Refusal] = field(default_factory=list)

    def text(self, column: str) -> str:
        """The cell without blanks around it and without the apostrophe before a formula; blank where it is missing."""
        return unprotect(self.cells.get(column, "").strip())

    def parsed(self, column: str, parse: Callable[[str], ValueT]) -> ValueT | None:
        """The cell's value; None where it is blank, or wrong, which is noted."""
        text = self.text(column)
        if not text:
            return None
        try:
            return parse(text)
        except BadValue as error:
            self.refuse(column, error.code, error.reason)
            return None

    def refuse(self, column: str, code: str, reason: str) -> None:
        """Note that the value of a column cannot be taken."""
        shown = self.names.get(column, column)
        self.refusals.append(Refusal(self.line, shown, self.cells.get(column, "").strip(), code, reason))

    def refused(self) -> RefusedRow:
        """The row as it is told."""
        return RefusedRow(self.line, self.raw, self.refusals)


def read_header(header: Sequence[str], *, known: Collection[str], other_names: Mapping[str, str]) -> list[str]:
    """Return the columns by the names that the importer knows; `other_names` leads to them.

    Raises FileRefused for columns that stand twice or that nobody knows: one that is misspelt would otherwise silently
    change nothing.
    """
    columns = [other_names.get(column, column) for column in header]
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise FileRefused(f"columns stand more than once: {', '.join(repeated)}")
    unknown = [column for column in columns if column not in known and column != ERROR_COLUMN]
    if unknown:
        shown = ", ".join(column or "(blank)" for column in unknown)
        raise FileRefused(f"unknown columns: {shown}. Known are: {', '.join(sorted(known))}", columns=unknown)
    return columns


def read_rows(table: OpenTable, columns: Sequence[str], told: Listener) -> Iterator[FlatRow]:
    """Yield the rows, telling how far reading is; one of a wrong shape has that refusal already.

    `columns` are the header's, as `read_header` returns them.
    """
    names = dict(zip(columns, table.original_header, strict=True))
    for raw in watched_rows(table, told):
        cells = dict(zip(columns, raw.cells, strict=False))
        row = FlatRow(raw.line, raw.cells, cells, names)
        wrong = wrong_shape(raw, len(columns))
        if wrong is not None:
            row.refusals.append(wrong)
        yield row
