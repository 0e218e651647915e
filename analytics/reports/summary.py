"""A range in a handful of figures, beside the range before it."""

from dataclasses import dataclass
from decimal import Decimal

from analytics.models import ProductView, SalesAggregate
from analytics.reports.figures import SUMS, average_order, conversion
from analytics.reports.ranges import DateRange


@dataclass(frozen=True)
class Figures:
    """Money without tax and shipping; `conversion` is orders per visitor, None where no view was recorded."""

    date_from: str
    date_to: str
    revenue: Decimal
    cost: Decimal
    profit: Decimal
    orders: int
    items: int
    average_order: Decimal
    visitors: int
    conversion: float | None


def figures_of(range_: DateRange) -> Figures:
    """The figures of the range, from the rows that count everything."""
    sums = SalesAggregate.objects.totals().within(range_.first, range_.last).aggregate(**SUMS)
    visitors = ProductView.objects.within(range_.span()).visitor_count()
    return Figures(
        date_from=range_.first.isoformat(),
        date_to=range_.last.isoformat(),
        revenue=sums["revenue_sum"],
        cost=sums["cost_sum"],
        profit=sums["profit_sum"],
        orders=sums["orders"],
        items=sums["items"],
        average_order=average_order(sums["revenue_sum"], sums["orders"]),
        visitors=visitors,
        conversion=conversion(sums["orders"], visitors),
    )
