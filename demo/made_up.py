"""What the demo catalogue invents: stock, cost, weight and sizes, always the same for the same SKU."""

import hashlib
from decimal import ROUND_HALF_UP, Decimal

from products.imports.lists import CategoryPath

_CENT = Decimal("0.01")
_CLOTHING_SIZES = ("S", "M", "L", "XL")
_RING_SIZES = ("6", "7", "8", "9")
_SHOE_SIZES = ("6", "7", "8", "9", "10")
_UNSIZED_SHARE = {"Clothing": 45, "Shoes": 10, "Jewelry": 40}  # percent sold in one size
_WEIGHT_KG = {  # from, to, in hundredths of a kilogram
    "Bags": (35, 95),
    "Clothing": (15, 60),
    "Clothing Accessories": (5, 30),
    "Jewelry": (1, 6),
    "Shoes": (50, 110),
}


def made_up_product(*, sku: str, path: CategoryPath, price: str, has_variations: bool) -> dict[str, str]:
    """Return the invented columns of a product row; a product with variations holds no stock of its own."""
    base = Decimal(price)
    cost = base * _draw(sku, "cost", 35, 60) / 100
    compare = (base * _draw(sku, "compare", 120, 160) / 100).quantize(Decimal(1), ROUND_HALF_UP) - _CENT
    lightest, heaviest = _WEIGHT_KG[path[0]]
    return {
        "compare_price": str(compare) if _draw(sku, "sale", 1, 100) <= 20 else "",
        "cost_price": str(cost.quantize(_CENT, ROUND_HALF_UP)),
        "stock_quantity": "" if has_variations else str(_stock(sku, most=120)),
        "low_stock_threshold": "5" if path[0] in {"Jewelry", "Shoes"} else "10",
        "weight": str(Decimal(_draw(sku, "weight", lightest, heaviest)) / 100),
    }


def made_up_variations(*, sku: str, path: CategoryPath) -> list[dict[str, str]]:
    """Return one row for each size of the product, none where it comes in one size."""
    large_costs_more = _draw(sku, "large", 1, 100) <= 15
    return [
        {
            "sku": f"{sku}-{size}",
            "parent_sku": sku,
            "stock_quantity": str(_stock(f"{sku}-{size}", most=45)),
            "option_name": "Size",
            "option_value": size,
            "price_adjustment": "2.00" if large_costs_more and size == "XL" else "0.00",
        }
        for size in _sizes(sku, path)
    ]


def _sizes(sku: str, path: CategoryPath) -> tuple[str, ...]:
    if path[0] not in _UNSIZED_SHARE or _draw(sku, "sized", 1, 100) <= _UNSIZED_SHARE[path[0]]:
        return ()
    if path[0] == "Shoes":
        return _SHOE_SIZES
    if path[0] == "Jewelry":
        return _RING_SIZES if path[-1] == "Rings" else ()
    return _CLOTHING_SIZES


def _stock(sku: str, *, most: int) -> int:
    kind = _draw(sku, "stock", 1, 100)
    if kind <= 6:
        return 0
    if kind <= 18:
        return _draw(sku, "few", 1, 5)
    return _draw(sku, "many", 8, most)


def _draw(sku: str, purpose: str, lowest: int, highest: int) -> int:
    digest = hashlib.sha256(f"{sku}/{purpose}".encode()).digest()
    return lowest + int.from_bytes(digest[:8], "big") % (highest - lowest + 1)
