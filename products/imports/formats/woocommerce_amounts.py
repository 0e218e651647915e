"""Prices, weights and stock of WooCommerce's product export."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone

from products.imports.formats.cells import RowCells
from products.imports.formats.offers import ASSUMED_STOCK, Stock

# The header tells the unit; what one of it weighs in kilograms.
WEIGHT_UNITS = {
    "weight_(kg)": Decimal(1),
    "weight_(g)": Decimal("0.001"),
    "weight_(lbs)": Decimal("0.45359237"),
    "weight_(oz)": Decimal("0.028349523125"),
}
_OF_PARENT = "parent"  # in the column of stock: the product keeps it for all variations
_IN_STOCK = {"1": True, "0": False, "backorder": False}


def prices(row: RowCells) -> tuple[Decimal | None, Decimal | None]:
    """Return the price and the one to compare it with: the regular one, where a sale is on today.

    A sale that makes nothing cheaper is none, as in WooCommerce itself.
    """
    regular, sale = row.amount("regular_price"), row.amount("sale_price")
    if not _is_on_sale(row) or (sale is not None and regular is not None and sale >= regular):
        sale = None
    if row.states("regular_price", "sale_price") and not row.code("regular_price") and sale is None:
        row.require("regular_price")
    return (regular, None) if sale is None else (sale, regular)


def weight(row: RowCells) -> Decimal | None:
    """Return the weight in kilograms, None where none is told."""
    column = next((each for each in WEIGHT_UNITS if row.states(each)), None)
    return row.kilograms(column, unit=WEIGHT_UNITS[column]) if column else None


def stock(row: RowCells, *, is_disabled: bool, share: int | None) -> Stock:
    """Return what a new row opens with: nothing where it is not for sale, its part of what all share, or its own.

    Where the other shop does not count, what is in stock opens with an assumption.
    """
    if is_disabled or not _is_in_stock(row):
        return Stock(0, is_assumed=is_disabled)
    if share is not None:
        return Stock(share, is_assumed=True)
    if _counts_itself(row):
        return Stock(row.count("stock"))
    return Stock(ASSUMED_STOCK, is_assumed=True)


def shared_stock(head: RowCells, variations: Sequence[RowCells]) -> dict[int, int]:
    """Split what the product keeps for all variations evenly over them; returns units by line.

    The whole is never more than there is, so no variation sells what another has sold.
    """
    sharing = [each for each in variations if not _counts_itself(each) and _is_in_stock(each)]
    whole = head.count("stock")
    if whole is None or not sharing:
        return {}
    each_has, left = divmod(whole, len(sharing))
    return {row.line: each_has + (place < left) for place, row in enumerate(sharing)}


def _counts_itself(row: RowCells) -> bool:
    return row.code("stock").casefold() not in {"", _OF_PARENT}


def _is_in_stock(row: RowCells) -> bool:
    word = row.code("in_stock?").casefold()
    if word and word not in _IN_STOCK:
        row.refuse("in_stock?", "not_a_boolean", "none of 1, 0, backorder")
    return _IN_STOCK.get(word, True)


def _is_on_sale(row: RowCells) -> bool:
    starts, ends = _date(row, "date_sale_price_starts"), _date(row, "date_sale_price_ends")
    return (starts or date.min) <= timezone.localdate() <= (ends or date.max)


def _date(row: RowCells, column: str) -> date | None:
    text = row.code(column)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        row.refuse(column, "not_a_date", "not a date such as 2025-12-31")
        return None
