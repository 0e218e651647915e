"""The figures that every sales report is made of: sums over aggregates, and ratios of them."""

from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce

from common.money import ZERO, round_money

# Columns of SalesAggregate, summed; named apart from the model's own fields.
SUMS: dict[str, Any] = {
    "orders": Coalesce(Sum("order_count"), 0),
    "items": Coalesce(Sum("item_count"), 0),
    "revenue_sum": Coalesce(Sum("revenue"), ZERO),
    "cost_sum": Coalesce(Sum("cost"), ZERO),
    "profit_sum": Coalesce(Sum("profit"), ZERO),
}
NOTHING: dict[str, Any] = {"orders": 0, "items": 0, "revenue_sum": ZERO, "cost_sum": ZERO, "profit_sum": ZERO}


def average_order(revenue: Decimal, orders: int) -> Decimal:
    """Revenue per order in whole cents; 0.00 where there was none."""
    return round_money(revenue / orders) if orders else ZERO


def conversion(orders: int, visitors: int) -> float | None:
    """Orders per visitor to four places; None where nobody was counted."""
    return round(orders / visitors, 4) if visitors else None
