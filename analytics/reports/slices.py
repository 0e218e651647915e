"""Sales by coupon and by country, and by new and returning customers over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DateField, QuerySet, Sum
from django.db.models.functions import Coalesce, Trunc

from analytics.models import SalesSlice
from analytics.reports.figures import NOTHING, SUMS, average_order
from analytics.reports.ranges import DateRange
from analytics.reports.rankings import COLUMNS, Measure, Ranking
from analytics.reports.sales import Period, starts
from analytics.reports.statements import Row
from common.money import ZERO

Kind = SalesSlice.Kind


class SliceRanking(Ranking):
    """Coupons or countries by what was sold with them or to them; `value` is None for orders without."""

    def finish(self, rows: list[Row]) -> list[Row]:
        return [
            {**row, "value": row["value"] or None, "average_order": average_order(row["revenue_sum"], row["orders"])}
            for row in rows
        ]


@dataclass(frozen=True)
class CustomersRow:
    """A period, named by its first day: orders and revenue of customers who pay for the first time, and of the rest.

    `returning_share` is the returning customers' part of the orders, None where there was none.
    """

    date: date
    new_orders: int
    returning_orders: int
    new_revenue: Decimal
    returning_revenue: Decimal
    returning_share: float | None


def top_coupons(*, range_: DateRange, by: Measure) -> SliceRanking:
    """Coupons with orders or refunds in the range, best first; orders without a coupon are one row of them."""
    return _ranking(Kind.COUPON, range_, by)


def top_countries(*, range_: DateRange, by: Measure) -> SliceRanking:
    """Countries that were shipped to, best first."""
    return _ranking(Kind.COUNTRY, range_, by)


def customers_by_period(*, range_: DateRange, period: Period) -> list[CustomersRow]:
    """Every period of the range in order, also those without sales."""
    rows: QuerySet[Any, Any] = SalesSlice.objects.within(range_.first, range_.last).filter(kind=Kind.CUSTOMER)
    grouped = rows.annotate(period=Trunc("date", period.value, output_field=DateField())).values("period", "value")
    found = {(row["period"], row["value"]): row for row in grouped.annotate(**SUMS).order_by("period", "value")}
    return list(_customers(starts(range_, period), found))


def _customers(periods: Iterator[date], found: dict[tuple[date, str], Row]) -> Iterator[CustomersRow]:
    for start in periods:
        new = found.get((start, SalesSlice.NEW), NOTHING)
        returning = found.get((start, SalesSlice.RETURNING), NOTHING)
        orders = new["orders"] + returning["orders"]
        yield CustomersRow(
            date=start,
            new_orders=new["orders"],
            returning_orders=returning["orders"],
            new_revenue=new["revenue_sum"],
            returning_revenue=returning["revenue_sum"],
            returning_share=round(returning["orders"] / orders, 4) if orders else None,
        )


def _ranking(kind: str, range_: DateRange, by: Measure) -> SliceRanking:
    rows: QuerySet[Any, Any] = SalesSlice.objects.within(range_.first, range_.last).filter(kind=kind)
    summed = rows.values("value").annotate(**SUMS, discount_sum=Coalesce(Sum("discount"), ZERO))
    return SliceRanking(summed.order_by(f"-{COLUMNS[by]}", "value"))
