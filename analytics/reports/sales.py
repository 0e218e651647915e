"""Sales by day, week or month: of everything, of one product, category, coupon or country."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import DateField, QuerySet
from django.db.models.functions import Trunc

from analytics.models import SalesAggregate, SalesSlice
from analytics.reports.figures import NOTHING, SUMS, average_order
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

    @property
    def average_order(self) -> Decimal:
        return average_order(self.revenue, self.orders)


@dataclass(frozen=True)
class Subject:
    """What sales are looked at: those of one product or category, with one coupon or to one country; else all."""

    product: Product | None = None
    category: Category | None = None
    coupon: str | None = None
    country: str | None = None

    @property
    def name(self) -> str:
        """What it is called, empty for everything."""
        thing = self.product or self.category
        return thing.name if thing else self.coupon or self.country or ""

    def days(self, range_: DateRange) -> QuerySet[Any, Any]:
        """The rows of each day that count it."""
        if self.coupon is not None or self.country is not None:
            kind = SalesSlice.Kind.COUPON if self.coupon is not None else SalesSlice.Kind.COUNTRY
            slices = SalesSlice.objects.within(range_.first, range_.last)
            return slices.filter(kind=kind, value=self.coupon or self.country)
        rows = SalesAggregate.objects.within(range_.first, range_.last)
        if self.product is not None:
            return rows.filter(product=self.product)
        return rows.totals() if self.category is None else rows.filter(category=self.category)


EVERYTHING = Subject()


def sales_by_period(*, range_: DateRange, period: Period, subject: Subject = EVERYTHING) -> list[SalesRow]:
    """Every period of the range in order, also those without sales."""
    about = subject.days(range_)
    grouped = about.annotate(period=Trunc("date", period.value, output_field=DateField())).values("period")
    found = {row["period"]: row for row in grouped.annotate(**SUMS).order_by("period")}
    return [_row(start, found.get(start, NOTHING)) for start in starts(range_, period)]


def _row(start: date, sums: Mapping[str, Any]) -> SalesRow:
    return SalesRow(start, sums["orders"], sums["items"], sums["revenue_sum"], sums["cost_sum"], sums["profit_sum"])


def starts(range_: DateRange, period: Period) -> Iterator[date]:
    """The first day of each period of the range; that of the first may lie before it."""
    start = _start_of(range_.first, period)
    while start <= range_.last:
        yield start
        start = _start_of(start + timedelta(days={"day": 1, "week": 7, "month": 31}[period]), period)


def _start_of(day: date, period: Period) -> date:
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period is Period.MONTH else day
