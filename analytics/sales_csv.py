"""The sales report as CSV, for the API and for the admin."""

from collections.abc import Sequence

from django.conf import settings
from django.http import StreamingHttpResponse

from analytics import csv_export
from analytics.reports.ranges import DateRange
from analytics.reports.sales import SalesRow

HEADER = ("date", "orders", "items", "revenue", "cost", "profit", "currency", "subject")


def sales_csv(*, range_: DateRange, rows: Sequence[SalesRow], subject: str = "") -> StreamingHttpResponse:
    """The rows as a download; `subject` is the name of the product or category that they are about, if any."""
    return csv_export.stream(
        filename=f"sales-{range_.first}-{range_.last}.csv",
        header=HEADER,
        rows=(
            (
                row.date.isoformat(),
                row.orders,
                row.items,
                row.revenue,
                row.cost,
                row.profit,
                settings.SHOP_CURRENCY,
                subject,
            )
            for row in rows
        ),
    )
