"""Which formats there are, and which of them a header belongs to."""

from collections.abc import Sequence

from common.imports.errors import FileRefused
from common.imports.listening import AUTO
from common.imports.refused_files import ERROR_COLUMN
from products.imports.formats.format import Format
from products.imports.formats.livostyle import LIVOSTYLE
from products.imports.formats.native import NATIVE
from products.imports.formats.shopify import SHOPIFY
from products.imports.formats.woocommerce import WOOCOMMERCE

# The most telling first: auto takes the first that the header tells.
FORMATS = {each.name: each for each in (LIVOSTYLE, SHOPIFY, WOOCOMMERCE, NATIVE)}


def find_format(header: Sequence[str], *, name: str = AUTO) -> Format:
    """Return the named format, or with `auto` the one that the header tells.

    Raises FileRefused where none fits, where a column stands twice, or where the header names columns that the format
    does not know and does not ignore: a column that is misspelt would otherwise silently change nothing.
    """
    chosen = _told_by(header) if name == AUTO else FORMATS[name]
    columns = chosen.named(header)
    if not _tells(chosen, columns):
        missing = sorted(chosen.telling_columns[0].difference(columns))
        raise FileRefused(f"this is not a {chosen.name} file: it has no column {', '.join(missing)}")
    unknown = [column for column in columns if column not in chosen.columns and column != ERROR_COLUMN]
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if chosen.ignores_unknown_columns:
        repeated = [column for column in repeated if column not in unknown]
        unknown = []
    if repeated:
        raise FileRefused(f"columns stand more than once: {', '.join(repeated)}")
    if unknown:
        shown = ", ".join(column or "(blank)" for column in unknown)
        raise FileRefused(
            f"unknown columns for the {chosen.name} format: {shown}. Known are: {', '.join(sorted(chosen.columns))}",
            columns=unknown,
        )
    return chosen


def _told_by(header: Sequence[str]) -> Format:
    for each in FORMATS.values():
        if _tells(each, each.named(header)):
            return each
    raise FileRefused(f"no known format has these columns: {', '.join(header)}", columns=list(header))


def _tells(each: Format, columns: Sequence[str]) -> bool:
    return any(telling.issubset(columns) for telling in each.telling_columns)
