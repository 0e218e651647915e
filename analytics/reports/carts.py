"""Carts that were filled and left."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from analytics.reports.ranges import DateRange
from analytics.reports.rankings import Ranking
from analytics.reports.statements import Row
from common.money import ZERO
from orders.models import Cart

USUAL_IDLE_HOURS = 24
MOST_IDLE_HOURS = 8_760

_PRICE = F("items__product__price") + Coalesce(F("items__variation__price_adjustment"), ZERO)


class CartRanking(Ranking):
    """Carts by value; `customer` tells accounts from guests, not who they are."""

    def finish(self, rows: list[Row]) -> list[Row]:
        return [{**row, "customer": "account" if row["user"] else "guest"} for row in rows]


@dataclass(frozen=True)
class CartTotals:
    """How many carts were left, and what they hold at today's prices."""

    carts: int
    value: Decimal


def abandoned_carts(*, range_: DateRange, idle_hours: int = USUAL_IDLE_HOURS) -> CartRanking:
    """Carts last touched in the range and for so many hours not since, neither ordered nor merged; dearest first.

    `items` are units, `value` is at today's prices without discount.
    """
    rows: QuerySet[Any, Any] = _left(range_, idle_hours).values("id", "user", "created_at", "updated_at")
    valued = rows.annotate(units=Sum("items__quantity"), value=Sum(F("items__quantity") * _PRICE))
    return CartRanking(valued.order_by("-value", "id"))


def totals_of(*, range_: DateRange, idle_hours: int = USUAL_IDLE_HOURS) -> CartTotals:
    """All of those carts together."""
    sums = _left(range_, idle_hours).aggregate(
        carts=Count("id", distinct=True), value=Coalesce(Sum(F("items__quantity") * _PRICE), ZERO)
    )
    return CartTotals(carts=sums["carts"], value=sums["value"])


def _left(range_: DateRange, idle_hours: int) -> QuerySet[Cart]:
    span = range_.span()
    until = min(span.end, timezone.now() - timedelta(hours=idle_hours))
    return Cart.objects.active().filter(updated_at__gte=span.start, updated_at__lt=until, items__isnull=False)
