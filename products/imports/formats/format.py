"""What a format is: the columns it knows and how its rows read in the native columns."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from common.imports.errors import Refusal


@dataclass(frozen=True)
class SourceRow:
    """One row of the file: its cells by column, as the format names columns."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class NativeRow:
    """A row in the native columns, and the line of the file that it is told under."""

    line: int
    cells: Mapping[str, str]
    stock_is_assumed: bool = False  # no one needs to hear that an assumption differs from the shop's level


class ProductKey(NamedTuple):
    """Rows with the same name belong to one product; a blank one leaves a row to itself."""

    name: str
    alias: str = ""  # another name by which other rows may call this row's product


class NotNative(Exception):
    """Raised with all that keeps rows from being read in the native columns; columns as the format names them."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(f"{len(refusals)} wrong values")
        self.refusals = refusals


@dataclass(frozen=True)
class Format:
    """A file format; everything after it sees native columns only."""

    name: str
    columns: frozenset[str]
    telling_columns: tuple[frozenset[str], ...]  # a header with all of any one of these sets is of this format
    # The header of the file in, the native columns that such a file states out: what is not stated stays as it is.
    stated_columns: Callable[[Collection[str]], frozenset[str]]
    # All rows of one product in (one row where there is no product_key), its native rows out; raises NotNative.
    to_native: Callable[[Sequence[SourceRow]], list[NativeRow]]
    # Which product a row belongs to. Where this is given, a product is taken with all its rows or not at all.
    product_key: Callable[[Mapping[str, str]], ProductKey] | None = None
    # Older and newer names of columns to the one that the format uses.
    other_names: Mapping[str, str] = field(default_factory=dict)
    # Native column to the column of the file that it was made from, for reports; of variations where that differs.
    source_columns: Mapping[str, str] = field(default_factory=dict)
    variation_source_columns: Mapping[str, str] = field(default_factory=dict)
    ignores_unknown_columns: bool = False
    images_may_be_missing: bool = False
    # Whether the cells of a row alone, pictures aside, say what it does: no other rows, no clock, no setting.
    rows_tell_all: bool = False

    def named(self, header: Sequence[str]) -> list[str]:
        """Return the header with the format's own names of columns."""
        return [self.other_names.get(column, column) for column in header]

    def source_column(self, column: str, *, is_variation: bool) -> str:
        """Return the format's column that a native one was made from."""
        source = self.source_columns.get(column, column)
        return self.variation_source_columns.get(column, source) if is_variation else source
