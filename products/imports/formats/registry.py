"""Which formats there are, and which of them a header belongs to."""

from collections.abc import Sequence

from products.imports.errors import FileRefused
from products.imports.formats.format import Format
from products.imports.formats.livostyle import LIVOSTYLE
from products.imports.formats.native import ERROR_COLUMN, NATIVE

AUTO = "auto"
# The most telling first: auto takes the first whose telling columns are all there.
FORMATS = {each.name: each for each in (LIVOSTYLE, NATIVE)}


def find_format(header: Sequence[str], *, name: str = AUTO) -> Format:
    """Return the named format, or with `auto` the one that the header tells.

    Raises FileRefused where none fits, or where the header names columns that the format does not know: a column
    that is misspelt would otherwise silently change nothing.
    """
    chosen = _told_by(header) if name == AUTO else FORMATS[name]
    missing = sorted(chosen.telling_columns.difference(header))
    if missing:
        raise FileRefused(f"this is not a {chosen.name} file: it has no column {', '.join(missing)}")
    unknown = [column for column in header if column not in chosen.columns and column != ERROR_COLUMN]
    if unknown:
        shown = ", ".join(column or "(blank)" for column in unknown)
        raise FileRefused(
            f"unknown columns for the {chosen.name} format: {shown}. Known are: {', '.join(sorted(chosen.columns))}",
            columns=unknown,
        )
    return chosen


def _told_by(header: Sequence[str]) -> Format:
    for each in FORMATS.values():
        if each.telling_columns.issubset(header):
            return each
    raise FileRefused(f"no known format has these columns: {', '.join(header)}", columns=list(header))
