"""The page of new and returning customers."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from analytics import series_csv
from analytics.admin.forms import PeriodForm
from analytics.admin.report_page import ReportPage, with_defaults
from analytics.charts import Chart, Point, bar_chart
from analytics.formatting import money, share
from analytics.reports.limits import bounded
from analytics.reports.ranges import usual_range
from analytics.reports.sales import Period
from analytics.reports.slices import CustomersRow, customers_by_period

ROW_FORMS = {Period.DAY: "%a %-d %b %Y", Period.WEEK: "Week of %-d %b %Y", Period.MONTH: "%B %Y"}
LABEL_FORMS = {Period.DAY: "%-d %b", Period.WEEK: "%-d %b", Period.MONTH: "%b %Y"}


class CustomersReportPage(ReportPage):
    """Orders and revenue by who came for the first time and who came back."""

    title = "New and returning customers"
    template_name = "admin/analytics/customers_report.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override] # the stubs know of no streaming
        form = PeriodForm(with_defaults(request, group_by=Period.DAY.value))
        asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {"range": usual_range()}
        range_, period = asked["range"], Period(asked.get("group_by") or Period.DAY)
        with bounded():
            rows = customers_by_period(range_=range_, period=period)
        if self.wants_csv(form):
            return series_csv.customers_csv(range_=range_, rows=rows)
        context = {
            "chart": _chart(rows, period),
            "rows": [_shown(row, period) for row in reversed(rows)],
            "cards": _cards(rows),
        }
        return self.render_to_response(self.get_context_data(**self.frame(form, range_), **context))


def _chart(rows: list[CustomersRow], period: Period) -> Chart:
    return bar_chart(
        [
            Point(
                label=row.date.strftime(LABEL_FORMS[period]),
                value=Decimal(row.new_orders + row.returning_orders),
                part=Decimal(row.returning_orders),
                title=f"{row.date.strftime(ROW_FORMS[period])}: {row.new_orders} new, {row.returning_orders} returning",
            )
            for row in rows
        ],
        counts=True,
    )


def _shown(row: CustomersRow, period: Period) -> dict[str, Any]:
    return {
        "period": row.date.strftime(ROW_FORMS[period]),
        "new_orders": f"{row.new_orders:,}",
        "returning_orders": f"{row.returning_orders:,}",
        "new_revenue": money(row.new_revenue),
        "returning_revenue": money(row.returning_revenue),
        "share": "-" if row.returning_share is None else share(row.returning_share),
        "is_quiet": not (row.new_orders or row.returning_orders or row.new_revenue or row.returning_revenue),
    }


def _cards(rows: list[CustomersRow]) -> list[dict[str, str]]:
    new, returning = sum(row.new_orders for row in rows), sum(row.returning_orders for row in rows)
    new_revenue = sum((row.new_revenue for row in rows), Decimal("0.00"))
    back = sum((row.returning_revenue for row in rows), Decimal("0.00"))
    return [
        {"title": "New customers", "value": f"{new:,}", "note": money(new_revenue)},
        {"title": "Returning customers' orders", "value": f"{returning:,}", "note": money(back)},
        {"title": "Share of orders", "value": share(returning / (new + returning)) if new + returning else "-"},
    ]
