"""WooCommerce's product export: one row per product and per variation, which names its product as its parent.

Its columns: https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema, with English headers.
"""

import html
import re
from collections.abc import Collection, Mapping, Sequence

from common.imports.errors import Refusal
from products.imports.formats.cells import RowCells, picture_address
from products.imports.formats.format import Format, NativeRow, NotNative, ProductKey, SourceRow
from products.imports.formats.html_text import plain_text
from products.imports.formats.offers import (
    BETWEEN_OPTIONS,
    Offer,
    made_sku,
    product_alone,
    product_by_variation,
)
from products.imports.formats.woocommerce_amounts import WEIGHT_UNITS, prices, shared_stock, stock, weight
from products.imports.lists import join_items, join_paths

_BARCODE = "gtin,_upc,_ean,_or_isbn"
# Native column to the columns that it is made of, the one to name in reports first.
_MADE_OF = {
    "sku": ("sku", "id"),
    "name": ("name",),
    "description": ("description", "short_description"),
    "price": ("regular_price", "sale_price"),
    "compare_price": ("regular_price", "sale_price"),
    "cost_price": ("cost_of_goods",),
    "stock_quantity": ("stock", "in_stock?"),
    "low_stock_threshold": ("low_stock_amount",),
    "weight": tuple(WEIGHT_UNITS),
    "is_active": ("published", "visibility_in_catalog"),
    "tax_class": ("tax_class",),
    "categories": ("categories",),
    "images": ("images",),
    "parent_sku": ("parent",),
    "option_name": ("attribute_1_name",),
    "option_value": ("attribute_1_value(s)",),
    "price_adjustment": ("regular_price", "sale_price"),
    "barcode": (_BARCODE,),
}
_VARIABLE, _VARIATION = "variable", "variation"
_TAKEN_TYPES = {"simple", _VARIABLE, _VARIATION}
_SIDE_TYPES = {"virtual", "downloadable"}
_OFFERED = {"1": True, "0": False, "-1": False, "2": False}  # published, private, draft, pending
_BETWEEN_VALUES = re.compile(r"(?<!\\),")
_BY_ID = re.compile(r"id:\s*([0-9]+)", re.IGNORECASE)


def _stated(header: Collection[str]) -> frozenset[str]:
    return frozenset(native for native, sources in _MADE_OF.items() if not set(sources).isdisjoint(header))


def _product_key(cells: Mapping[str, str]) -> ProductKey:
    row = RowCells(SourceRow(0, cells), [])
    kind, sku, by_id = _type(row), row.code("sku"), f"id:{row.code('id')}" if row.code("id") else ""
    if kind == _VARIATION:
        return ProductKey(_parent(row))
    if kind == _VARIABLE:
        return ProductKey(sku or by_id, by_id if sku else "")
    return ProductKey("")


def _to_native(rows: Sequence[SourceRow]) -> list[NativeRow]:
    refusals: list[Refusal] = []
    cells = [RowCells(row, refusals) for row in rows]
    variations = [each for each in cells if _type(each) == _VARIATION]
    products = [each for each in cells if _type(each) != _VARIATION]
    if not products:
        for each in variations:
            _refuse_orphan(each)
        raise NotNative(refusals)
    head, *others = products
    for each in others:
        each.refuse("sku", "repeated_sku", f"the product stands in line {head.line} already")
    native = _product(head, variations)
    if refusals:
        raise NotNative(refusals)
    return native


def _product(head: RowCells, variations: Sequence[RowCells]) -> list[NativeRow]:
    if _type(head) not in _TAKEN_TYPES:
        head.refuse("type", "unsupported_type", "only simple and variable products and their variations are taken")
        return []
    sku = head.code("sku") or _sku_by_id(head)
    if not sku:
        head.require("sku")
    shared = {**_shared_cells(head), "sku": sku}
    if variations:
        shares = shared_stock(head, [each for each in variations if not _is_disabled(each, head)])
        offers = [_variation(each, head, sku, shares) for each in variations]
        return product_by_variation(line=head.line, cells=shared | _own_cells(head), offers=offers)
    if _type(head) == _VARIABLE and not head.code("regular_price"):
        head.refuse("type", "no_variations", "a variable product has its price from its variations, and the file none")
        return []
    return product_alone(line=head.line, cells=shared, offer=_offer(head, sku=sku))


def _shared_cells(head: RowCells) -> dict[str, str]:
    paths = [[_name(level) for level in path.split(">")] for path in _values(head.text("categories"))]
    pictures = [picture_address(address) for address in _values(head.text("images"))]
    described = head.text("description") or head.text("short_description")
    tax_class = head.text("tax_class")
    return {
        "name": _name(head.text("name")),
        "description": plain_text(_with_newlines(described)),
        "low_stock_threshold": _shown(head.count("low_stock_amount")),
        "is_active": _is_active(head),
        "tax_class": "" if tax_class.casefold() == "standard" else tax_class,
        "categories": join_paths(paths),
        "images": join_items(name for name in pictures if name),
    }


def _own_cells(head: RowCells) -> dict[str, str]:
    """What a variable product says itself and its variations take over unless they say otherwise."""
    own = {"cost_price": head.amount("cost_of_goods"), "weight": weight(head)}
    return {column: str(value) for column, value in own.items() if value is not None}


def _variation(row: RowCells, head: RowCells, parent_sku: str, shares: Mapping[int, int]) -> Offer:
    options = _options(row)
    values = [value for _, value in options]
    sku = row.code("sku")
    if not sku or sku == parent_sku:  # one without a SKU is written with its product's by some
        sku = _sku_by_id(row) or made_sku(parent_sku, *values)
    return _offer(
        row,
        sku=sku,
        is_disabled=_is_disabled(row, head),
        share=shares.get(row.line),
        option_name=BETWEEN_OPTIONS.join(name for name, _ in options),
        option_value=BETWEEN_OPTIONS.join(values),
    )


def _offer(
    row: RowCells,
    *,
    sku: str,
    is_disabled: bool = False,
    share: int | None = None,
    option_name: str = "",
    option_value: str = "",
) -> Offer:
    price, compare_price = prices(row)
    return Offer(
        line=row.line,
        sku=sku,
        price=price,
        compare_price=compare_price,
        cost_price=row.amount("cost_of_goods"),
        weight=weight(row),
        stock=stock(row, is_disabled=is_disabled, share=share),
        barcode=row.code(_BARCODE),
        option_name=option_name,
        option_value=option_value,
    )


def _options(row: RowCells) -> list[tuple[str, str]]:
    options = []
    number = 1
    while row.states(f"attribute_{number}_name"):
        name = _name(row.text(f"attribute_{number}_name"))
        value_column = f"attribute_{number}_value(s)"
        value = _name(row.text(value_column).replace("\\,", ","))
        if name and not value:
            row.refuse(value_column, "any_value", f"a variation for any {name} is none: give each value a row")
        if name:
            options.append((name, value))
        number += 1
    if not options:
        row.require("attribute_1_name")
    return options


def _type(row: RowCells) -> str:
    types = [word.strip() for word in row.text("type").casefold().split(",")]
    return next((word for word in types if word and word not in _SIDE_TYPES), "simple")


def _parent(row: RowCells) -> str:
    parent = row.code("parent")
    by_id = _BY_ID.fullmatch(parent)
    return f"id:{by_id[1]}" if by_id else parent


def _sku_by_id(row: RowCells) -> str:
    return f"woo-{row.code('id')}" if row.code("id") else ""


def _refuse_orphan(row: RowCells) -> None:
    if _parent(row):
        row.refuse("parent", "unknown_parent", "the file has no variable product with this SKU or ID")
    else:
        row.require("parent")


def _is_active(head: RowCells) -> str:
    published = head.code("published")
    if published and published not in _OFFERED:
        head.refuse("published", "not_a_boolean", "none of 1, 0, -1, 2")
    is_hidden = head.text("visibility_in_catalog").casefold() == "hidden"
    if not published and not is_hidden:
        return ""
    return "true" if _OFFERED.get(published, True) and not is_hidden else "false"


def _is_disabled(row: RowCells, head: RowCells) -> bool:
    """Variations of a draft are written as drafts too, which says nothing of themselves."""
    published = row.code("published")
    return not _OFFERED.get(published, True) and not published == head.code("published") == "-1"


def _values(cell: str) -> list[str]:
    parts = [part.replace("\\,", ",").strip() for part in _BETWEEN_VALUES.split(cell)]
    return [part for part in parts if part]


def _name(text: str) -> str:
    return html.unescape(text).strip()


def _with_newlines(text: str) -> str:
    r"""The export writes each newline as \n, and what was \n before with one more backslash."""
    return re.sub(r"\\(\\n|n)", lambda found: "\n" if found[1] == "n" else r"\n", text)


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


WOOCOMMERCE = Format(
    name="woocommerce",
    columns=frozenset({column for sources in _MADE_OF.values() for column in sources})
    | {"type", "date_sale_price_starts", "date_sale_price_ends"},
    telling_columns=(
        frozenset({"type", "name", "published"}),
        frozenset({"type", "name", "regular_price"}),
        frozenset({"type", "sku", "regular_price"}),
    ),
    stated_columns=_stated,
    to_native=_to_native,
    product_key=_product_key,
    source_columns={native: sources[0] for native, sources in _MADE_OF.items()},
    ignores_unknown_columns=True,
    images_may_be_missing=True,
)
