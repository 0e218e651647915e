"""Counts by category, option and price over all products that a search or filter matches."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from common.counting import EXACT_COUNT_UP_TO, BoundedCount
from common.money import CENT
from products.querysets.found import FoundProducts

WANTED_BANDS = 5
MOST_VALUES = 200

_BY_CATEGORY = """
WITH RECURSIVE up(product_id, category_id) AS (
    SELECT product_id, category_id FROM products_product_categories WHERE product_id = ANY(%s)
    UNION
    SELECT up.product_id, c.parent_id FROM up JOIN products_category c ON c.id = up.category_id
    WHERE c.parent_id IS NOT NULL
)
SELECT c.id, c.name, c.slug, n.count
FROM (SELECT category_id, count(*) AS count FROM up GROUP BY category_id) n
JOIN products_category c ON c.id = n.category_id
ORDER BY n.count DESC, c.name, c.id
LIMIT %s
"""
_BY_OPTION = """
SELECT name, value, count(DISTINCT product_id) AS count
FROM products_productvariation
WHERE product_id = ANY(%s) AND is_active
GROUP BY name, value
ORDER BY name, count DESC, value
LIMIT %s
"""


@dataclass(frozen=True)
class Facets:
    """The counts; beyond 10,000 matches they are estimated from the first 10,000."""

    count: int
    count_is_estimate: bool
    categories: list[dict[str, Any]]
    options: list[dict[str, Any]]
    prices: list[dict[str, Any]]


def count_facets(products: FoundProducts) -> Facets:
    """Count what a list of the same filters finds, in three statements; a category counts what is below it, once."""
    matches, found = products.first_rows("id", "price", most=EXACT_COUNT_UP_TO + 1)
    is_estimate = len(found) > EXACT_COUNT_UP_TO
    total = max(BoundedCount.of(matches).estimate(), len(found)) if is_estimate else len(found)
    scale = total / len(found) if found else 1.0
    ids = [product_id for product_id, _price in found]
    return Facets(
        count=total,
        count_is_estimate=is_estimate,
        categories=_by_category(ids, scale),
        options=_by_option(ids, scale),
        prices=price_bands([price for _id, price in found], scale),
    )


def _by_category(ids: Sequence[int], scale: float) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_CATEGORY, [list(ids), MOST_VALUES])
        rows = cursor.fetchall()
    return [
        {"id": category_id, "name": name, "slug": slug, "count": round(count * scale)}
        for category_id, name, slug, count in rows
    ]


def _by_option(ids: Sequence[int], scale: float) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_OPTION, [list(ids), MOST_VALUES])
        rows = cursor.fetchall()
    options: dict[str, list[dict[str, Any]]] = {}
    for name, value, count in rows:
        options.setdefault(name, []).append({"value": value, "count": round(count * scale)})
    return [{"name": name, "values": values} for name, values in options.items()]


def price_bands(prices: Sequence[Decimal], scale: float = 1.0) -> list[dict[str, Any]]:
    """About five bands of one round width (1, 2 or 5 times a power of ten) that hold every price; none for none."""
    if not prices:
        return []
    width = _round_width(max(prices) - min(prices))
    counted = Counter(int(price // width) for price in prices)
    return [
        {
            "min_price": band * width,
            "max_price": (band + 1) * width - CENT,
            "count": round(count * scale),
        }
        for band, count in sorted(counted.items())
    ]


def _round_width(spread: Decimal) -> Decimal:
    wanted = max(spread / WANTED_BANDS, Decimal(1))
    power = Decimal(10) ** wanted.adjusted()
    return next(step * power for step in (1, 2, 5, 10) if step * power >= wanted)
