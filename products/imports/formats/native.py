"""The shop's own format, which exports write too; docs/import.md describes it column by column."""

import re
from collections.abc import Collection, Mapping, Sequence

from products.imports.formats.format import Format, NativeRow, SourceRow

COLUMNS = (
    "sku",
    "parent_sku",
    "name",
    "slug",
    "description",
    "price",
    "compare_price",
    "cost_price",
    "stock_quantity",
    "low_stock_threshold",
    "weight",
    "is_active",
    "tax_class",
    "categories",
    "images",
    "image_alt_texts",
    "option_name",
    "option_value",
    "price_adjustment",
)
# What --errors adds in front; a mended file may still carry it.
ERROR_COLUMN = "error"
_NUMBERS = {
    *("price", "compare_price", "cost_price", "stock_quantity", "low_stock_threshold", "weight"),
    "price_adjustment",
}
# A spreadsheet would take a text that begins with one of these for a formula: exports put an apostrophe before it.
_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def protect(row: Mapping[str, str]) -> dict[str, str]:
    """Return the row with an apostrophe before each text that a spreadsheet would run."""
    return {
        column: f"'{text}" if column not in _NUMBERS and _LOOKS_LIKE_FORMULA.match(text) else text
        for column, text in row.items()
    }


def _stated(header: Collection[str]) -> frozenset[str]:
    return frozenset(header)


def unprotect(text: str) -> str:
    """Return the text without the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if text.startswith("'") and _LOOKS_LIKE_FORMULA.match(text) else text


def _to_native(rows: Sequence[SourceRow]) -> list[NativeRow]:
    return [
        NativeRow(
            row.line, {column: unprotect(text) if text[:1] == "'" else text for column, text in row.cells.items()}
        )
        for row in rows
    ]


NATIVE = Format(
    name="native",
    columns=frozenset(COLUMNS),
    telling_columns=(frozenset({"sku"}),),
    stated_columns=_stated,
    to_native=_to_native,
    rows_tell_all=True,
)
