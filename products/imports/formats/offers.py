"""What can be bought of a product in another shop's export: the product itself, or its variations."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.text import slugify

from products.imports.formats.format import NativeRow

# A file that says that something is in stock and not how much: a new row opens with this many units.
ASSUMED_STOCK = 10
BETWEEN_OPTIONS = " / "
_LONGEST_SKU = 50
_PLAIN_SKU = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class Stock:
    """Units on hand, None where the file does not say; an assumption is never told to differ from the shop's."""

    units: int | None
    is_assumed: bool = False


@dataclass(frozen=True)
class Offer:
    """One thing to buy, at its full price."""

    line: int
    sku: str
    price: Decimal | None
    compare_price: Decimal | None
    cost_price: Decimal | None
    weight: Decimal | None
    stock: Stock
    barcode: str = ""
    option_name: str = ""
    option_value: str = ""


def product_alone(*, line: int, cells: Mapping[str, str], offer: Offer) -> list[NativeRow]:
    """Return the row of a product that is sold by itself."""
    whole = {
        **_priced(offer),
        "sku": offer.sku,
        "barcode": offer.barcode,
        "stock_quantity": _text(offer.stock.units),
        **cells,
    }
    return [NativeRow(line, whole, stock_is_assumed=offer.stock.is_assumed)]


def product_by_variation(*, line: int, cells: Mapping[str, str], offers: Sequence[Offer]) -> list[NativeRow]:
    """Return the rows of a product and its variations; `cells` has the product's SKU.

    The product has the price of its cheapest variation, of several the first, and with it that one's other amounts;
    the adjustments are what the others cost more.
    """
    cheapest = min(offers, key=lambda offer: offer.price or Decimal(0))
    rows = [NativeRow(line, {**_priced(cheapest), **cells})]
    for offer in offers:
        adjustment = "" if offer.price is None or cheapest.price is None else str(offer.price - cheapest.price)
        variation = {
            "sku": offer.sku,
            "parent_sku": cells["sku"],
            "option_name": offer.option_name,
            "option_value": offer.option_value,
            "price_adjustment": adjustment,
            "barcode": offer.barcode,
            "stock_quantity": _text(offer.stock.units),
        }
        rows.append(NativeRow(offer.line, variation, stock_is_assumed=offer.stock.is_assumed))
    return rows


def made_sku(*parts: str) -> str:
    """Return the SKU of something that has none: the same for the same parts, and short enough.

    It is the parts with hyphens between them where these are plain, else what is plain of them and a checksum.
    """
    plain = "-".join(re.sub(r"\s+", "-", part.strip().casefold()) for part in parts)
    if len(plain) <= _LONGEST_SKU and _PLAIN_SKU.fullmatch(plain):
        return plain
    checksum = hashlib.sha256("\x1f".join(part.strip().casefold() for part in parts).encode()).hexdigest()[:8]
    return f"{slugify(plain)[: _LONGEST_SKU - 9]}-{checksum}".lstrip("-")


def _priced(offer: Offer) -> dict[str, str]:
    return {
        "price": _text(offer.price),
        "compare_price": _text(offer.compare_price),
        "cost_price": _text(offer.cost_price),
        "weight": _text(offer.weight),
    }


def _text(value: Decimal | int | None) -> str:
    return "" if value is None else str(value)
