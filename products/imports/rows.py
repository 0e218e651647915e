"""One native row in, one row for the staging table out, or all that is wrong with it."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from django.utils.text import slugify

from common.imports import values
from common.imports.errors import BadValue
from products.imports import lists
from products.models.category import RESERVED_SLUGS

Value = object
Parser = Callable[[str], Value]


@dataclass(frozen=True)
class WrongValue:
    """A native column and what is wrong with its value."""

    column: str
    value: str
    error: BadValue


class WrongRow(Exception):
    """Raised with everything that is wrong with a row."""

    def __init__(self, wrong: list[WrongValue]) -> None:
        super().__init__(f"{len(wrong)} wrong values")
        self.wrong = wrong


@lru_cache(maxsize=4096)  # products of a shelf stand together, or at least have it in common
def _paths(cell: str) -> list[list[str]]:
    return lists.split_paths(cell, longest_level=100)


_PRODUCT_FIELDS: dict[str, Parser] = {
    "sku": partial(values.parse_text, longest=50),
    "name": partial(values.parse_text, longest=255),
    "slug": partial(values.parse_slug, longest=280, reserved=RESERVED_SLUGS),
    "description": str,
    "price": values.parse_amount,
    "compare_price": values.parse_amount,
    "cost_price": values.parse_amount,
    "stock_quantity": values.parse_count,
    "low_stock_threshold": values.parse_count,
    "weight": partial(values.parse_amount, digits=8),
    "is_active": values.parse_boolean,
    "tax_class": partial(values.parse_text, longest=50),
    "barcode": partial(values.parse_text, longest=50),
    "categories": _paths,
}
_VARIATION_FIELDS: dict[str, Parser] = {
    "sku": partial(values.parse_text, longest=50),
    "parent_sku": partial(values.parse_text, longest=50),
    "stock_quantity": values.parse_count,
    "option_name": partial(values.parse_text, longest=100),
    "option_value": partial(values.parse_text, longest=100),
    "price_adjustment": partial(values.parse_amount, may_be_negative=True),
    "barcode": partial(values.parse_text, longest=50),
}
_REQUIRED = {"sku", "name", "price", "option_name", "option_value"}
# What a blank cell of a stated column means; for every other column it is "not stated".
_BLANK: dict[str, Value] = {"description": "", "tax_class": "", "barcode": "", "categories": []}


def parse_row(native: Mapping[str, str], *, stated: Collection[str]) -> dict[str, Value]:
    """Return the values of a native row by column, `kind` and what is derived among them.

    A column that is not stated is not in the result. Raises WrongRow with every wrong value.
    """
    is_variation = bool(native.get("parent_sku", "").strip())
    fields = _VARIATION_FIELDS if is_variation else _PRODUCT_FIELDS
    row: dict[str, Value] = {"kind": "variation" if is_variation else "product"}
    wrong: list[WrongValue] = []
    for column, parser in fields.items():
        if column not in stated or column not in native:
            continue
        text = native[column] if column == "description" else native[column].strip()
        try:
            row[column] = _parse(column, text, parser)
        except BadValue as error:
            wrong.append(WrongValue(column, text, error))
    if not is_variation:
        wrong += _options_without_parent(native)
        _derive_slugs(row)
    if wrong:
        raise WrongRow(wrong)
    return row


def _parse(column: str, text: str, parser: Parser) -> Value:
    if text:
        return parser(text)
    if column in _REQUIRED:
        raise BadValue("required", "must not be blank")
    return _BLANK.get(column)


def _options_without_parent(native: Mapping[str, str]) -> list[WrongValue]:
    return [
        WrongValue(column, native[column], BadValue("parent_missing", "only a row with a parent_sku has options"))
        for column in ("option_name", "option_value")
        if native.get(column, "").strip()
    ]


def _derive_slugs(row: dict[str, Value]) -> None:
    """Prepare the slugs that a new product without one takes: from its name, else from name and SKU."""
    if row.get("slug"):
        return
    sku = slugify(str(row.get("sku"))) or hashlib.sha256(str(row.get("sku")).encode()).hexdigest()[:8]
    derived = slugify(str(row.get("name", "")))[:280].strip("-") or sku
    row["derived_slug"] = f"{derived}-{sku}" if derived in RESERVED_SLUGS else derived
    row["fallback_slug"] = f"{derived[:225]}-{sku}"
