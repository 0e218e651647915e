"""What sells best and what is looked at most, as sequences that read only the page asked for."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, overload

from django.db.models import Count, F, QuerySet

from analytics.models import ProductView, SalesAggregate
from analytics.querysets import VISITOR
from analytics.reports.figures import SUMS, conversion
from analytics.reports.ranges import DateRange
from analytics.reports.statements import Row


class Measure(StrEnum):
    """What a ranking goes by."""

    REVENUE = "revenue"
    ITEMS = "items"
    PROFIT = "profit"


COLUMNS = {Measure.REVENUE: "revenue_sum", Measure.ITEMS: "items", Measure.PROFIT: "profit_sum"}


class Ranking(Sequence[Row]):
    """Rows of a grouped query in a fixed order; each slice is one statement."""

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows.count()

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return self.finish(list(self._rows[index]))
        return self.finish([self._rows[index]])[0]

    def finish(self, rows: list[Row]) -> list[Row]:
        """What a report adds to the rows that are shown."""
        return rows


class ViewRanking(Ranking):
    """Products by views; each row carries the orders of its product and their ratio to its visitors."""

    def __init__(self, range_: DateRange) -> None:
        views: QuerySet[Any, Any] = ProductView.objects.within(range_.span())
        counted = views.values(**_subject("product", sku=True)).annotate(
            views=Count("id"), visitors=Count(VISITOR, distinct=True)
        )
        super().__init__(counted.order_by("-views", "subject_id"))
        self._range = range_

    def finish(self, rows: list[Row]) -> list[Row]:
        sold: QuerySet[Any, Any] = SalesAggregate.objects.within(self._range.first, self._range.last)
        sold = sold.filter(product__in=[row["subject_id"] for row in rows])
        orders = dict(sold.values("product").annotate(**SUMS).values_list("product", "orders"))
        return [
            {**row, "orders": orders.get(row["subject_id"], 0)}
            | {"conversion": conversion(orders.get(row["subject_id"], 0), row["visitors"])}
            for row in rows
        ]


def top_products(*, range_: DateRange, by: Measure) -> Ranking:
    """Products that sold or came back in the range, best first."""
    rows: QuerySet[Any, Any] = SalesAggregate.objects.within(range_.first, range_.last)
    rows = rows.filter(product__isnull=False)
    return _ranked(rows.values(**_subject("product", sku=True)), by)


def top_categories(*, range_: DateRange, by: Measure) -> Ranking:
    """Categories with sales or returns in the range, best first."""
    rows: QuerySet[Any, Any] = SalesAggregate.objects.within(range_.first, range_.last)
    rows = rows.filter(category__isnull=False)
    return _ranked(rows.values(**_subject("category")), by)


def most_viewed(*, range_: DateRange) -> ViewRanking:
    """Products that were looked at in the range, most views first."""
    return ViewRanking(range_)


def _ranked(rows: QuerySet[Any, Any], by: Measure) -> Ranking:
    return Ranking(rows.annotate(**SUMS).order_by(f"-{COLUMNS[by]}", "subject_id"))


def _subject(name: str, *, sku: bool = False) -> dict[str, F]:
    fields = ("id", "slug", "name", "sku") if sku else ("id", "slug", "name")
    return {f"subject_{field}": F(f"{name}__{field}") for field in fields}
