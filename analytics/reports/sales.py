"""Sales by day, week or month: of everything, of one product or of one category."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import DateField, QuerySet
from django.db.models.functions import Trunc

from analytics.models import SalesAggregate
from analytics.querysets import SalesAggregateQuerySet
from analytics.reports.figures import NOTHING, SUMS
from analytics.reports.ranges import DateRange
from products.models import Category, Product


class Period(StrEnum):
    """What a row of the report is about; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class SalesRow:
    """One period, named by its first day (which may lie before the range); only days of the range are counted."""

    date: date
    orders: int
    items: int
    revenue: Decimal
    cost: Decimal
    profit: Decimal


def sales_by_period(
    *, range_: DateRange, period: Period, product: Product | None = None, category: Category | None = None
) -> list[SalesRow]:
    """Every period of the range in order, also those without sales."""
    rows = SalesAggregate.objects.within(range_.first, range_.last)
    about: QuerySet[Any, Any] = _about(rows, product, category)
    grouped = about.annotate(period=Trunc("date", period.value, output_field=DateField())).values("period")
    found = {row["period"]: row for row in grouped.annotate(**SUMS).order_by("period")}
    return [_row(start, found.get(start, NOTHING)) for start in _starts(range_, period)]


def _about(rows: SalesAggregateQuerySet, product: Product | None, category: Category | None) -> SalesAggregateQuerySet:
    if product is not None:
        return rows.filter(product=product)
    return rows.totals() if category is None else rows.filter(category=category)


def _row(start: date, sums: Mapping[str, Any]) -> SalesRow:
    return SalesRow(start, sums["orders"], sums["items"], sums["revenue_sum"], sums["cost_sum"], sums["profit_sum"])


def _starts(range_: DateRange, period: Period) -> Iterator[date]:
    start = _start_of(range_.first, period)
    while start <= range_.last:
        yield start
        start = _start_of(start + timedelta(days={"day": 1, "week": 7, "month": 31}[period]), period)


def _start_of(day: date, period: Period) -> date:
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period is Period.MONTH else day
