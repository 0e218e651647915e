"""The reports by period as CSV, for the API and for the admin."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.conf import settings
from django.http import StreamingHttpResponse

from analytics import csv_export
from analytics.reports.ranges import DateRange
from analytics.reports.sales import SalesRow
from analytics.reports.slices import CustomersRow
from analytics.reports.summary import Figures

SALES = ("date", "orders", "items", "revenue", "cost", "profit", "currency", "subject", "average_order")
CUSTOMERS = ("date", "new_orders", "returning_orders", "new_revenue", "returning_revenue", "returning_share")
SUMMARY = (
    *("date_from", "date_to", "revenue", "cost", "profit", "orders", "items"),
    *("average_order", "visitors", "conversion"),
)


def sales_csv(
    *, range_: DateRange, rows: Sequence[SalesRow], previous: Sequence[SalesRow] | None = None, subject: str = ""
) -> StreamingHttpResponse:
    """The rows as a download; `subject` is the name of what they are about, if it is not everything.

    Where there are previous ones, they come first, and a column `range` tells `previous` from `current`.
    """
    cells = [_sales(row, subject) for row in rows]
    if previous is None:
        return csv_export.stream(filename=_name("sales", range_), header=SALES, rows=cells)
    marked = [
        *([*_sales(row, subject), "previous"] for row in previous),
        *([*each, "current"] for each in cells),
    ]
    return csv_export.stream(filename=_name("sales", range_), header=(*SALES, "range"), rows=marked)


def customers_csv(*, range_: DateRange, rows: Iterable[CustomersRow]) -> StreamingHttpResponse:
    """New and returning customers as a download."""
    cells = ([*(getattr(row, name) for name in CUSTOMERS), settings.SHOP_CURRENCY] for row in rows)
    return csv_export.stream(filename=_name("customers", range_), header=(*CUSTOMERS, "currency"), rows=cells)


def summary_csv(*, range_: DateRange, figures: Iterable[Figures]) -> StreamingHttpResponse:
    """A range and those beside it, a line each."""
    cells = ([*(asdict(each)[name] for name in SUMMARY), settings.SHOP_CURRENCY] for each in figures)
    return csv_export.stream(filename=_name("summary", range_), header=(*SUMMARY, "currency"), rows=cells)


def _sales(row: SalesRow, subject: str) -> list[object]:
    figures = (row.orders, row.items, row.revenue, row.cost, row.profit)
    return [row.date.isoformat(), *figures, settings.SHOP_CURRENCY, subject, row.average_order]


def _name(report: str, range_: DateRange) -> str:
    return f"{report}-{range_.first}-{range_.last}.csv"
