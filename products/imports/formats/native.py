"""The shop's own format, which exports write too; docs/import.md describes it column by column."""

from collections.abc import Collection, Mapping, Sequence

from common.imports.formulas import protect, unprotect
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
    "barcode",
    "categories",
    "images",
    "image_alt_texts",
    "option_name",
    "option_value",
    "price_adjustment",
)
_NUMBERS = {
    *("price", "compare_price", "cost_price", "stock_quantity", "low_stock_threshold", "weight"),
    "price_adjustment",
}


def protected(row: Mapping[str, str]) -> dict[str, str]:
    """Return the row with an apostrophe before each text that a spreadsheet would run."""
    return {column: text if column in _NUMBERS else protect(text) for column, text in row.items()}


def _stated(header: Collection[str]) -> frozenset[str]:
    return frozenset(header)


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
