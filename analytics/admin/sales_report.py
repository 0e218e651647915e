"""The sales report of the admin site: a range by periods beside the one before, as a chart, a table and CSV."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from analytics import series_csv
from analytics.admin.forms import SalesReportForm
from analytics.admin.report_page import ReportPage, with_defaults
from analytics.dashboard import sales_chart
from analytics.formatting import change, money
from analytics.reports import rankings
from analytics.reports.figures import average_order
from analytics.reports.limits import bounded
from analytics.reports.ranges import DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import EVERYTHING, Period, SalesRow, Subject, sales_by_period

TOP_COUNT = 10
FORMS = {Period.DAY: "%a %-d %b %Y", Period.WEEK: "Week of %-d %b %Y", Period.MONTH: "%B %Y"}


class SalesReportPage(ReportPage):
    """The report; `format=csv` downloads its table."""

    title = "Sales report"
    template_name = "admin/analytics/sales_report.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override] # the stubs know of no streaming
        form = SalesReportForm(with_defaults(request, group_by=Period.DAY.value))
        asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {"range": usual_range()}
        range_, period = asked["range"], Period(asked.get("group_by") or Period.DAY)
        subject: Subject = asked.get("subject", EVERYTHING)
        with bounded():
            rows = sales_by_period(range_=range_, period=period, subject=subject)
            if self.wants_csv(form):
                return series_csv.sales_csv(range_=range_, rows=rows, subject=subject.name)
            before = sales_by_period(range_=range_.before(), period=period, subject=subject)
            context = _context(range_, period, rows, before)
            if subject == EVERYTHING:
                context["top"] = _top(range_)
        return self.render_to_response(self.get_context_data(**self.frame(form, range_), **context))


def _context(range_: DateRange, period: Period, rows: list[SalesRow], before: list[SalesRow]) -> dict[str, Any]:
    total = _total(range_, rows)
    beside = [*before, *[None] * len(rows)]
    pairs = list(zip(rows, beside, strict=False))
    return {
        "chart": sales_chart(rows, period, before),
        "rows": [_shown(row, period, earlier) for row, earlier in reversed(pairs)],
        "total": _shown(total, period, _total(range_.before(), before)),
        "cards": _cards(total, _total(range_.before(), before)),
        "range_before": range_.before(),
    }


def _top(range_: DateRange) -> list[dict[str, Any]]:
    top = rankings.top_products(range_=range_, by=Measure.REVENUE)[:TOP_COUNT]
    return [{**row, "revenue": money(row["revenue_sum"]), "profit": money(row["profit_sum"])} for row in top]


def _total(range_: DateRange, rows: list[SalesRow]) -> SalesRow:
    zero = Decimal("0.00")
    return SalesRow(
        date=range_.first,
        orders=sum(row.orders for row in rows),
        items=sum(row.items for row in rows),
        revenue=sum((row.revenue for row in rows), zero),
        cost=sum((row.cost for row in rows), zero),
        profit=sum((row.profit for row in rows), zero),
    )


def _shown(row: SalesRow, period: Period, before: SalesRow | None) -> dict[str, Any]:
    return {
        "period": row.date.strftime(FORMS[period]),
        "orders": row.orders,
        "items": row.items,
        "revenue": money(row.revenue),
        "cost": money(row.cost),
        "profit": money(row.profit),
        "average": money(average_order(row.revenue, row.orders)) if row.orders else "-",
        "before": "-" if before is None else money(before.revenue),
        "is_quiet": not (row.orders or row.items or row.revenue),
    }


def _cards(now: SalesRow, before: SalesRow) -> list[dict[str, str]]:
    """The range in figures, beside the range before it."""
    return [
        _card("Revenue", now.revenue, before.revenue),
        _card("Profit", now.profit, before.profit),
        _card("Orders", now.orders, before.orders),
        _card("Items", now.items, before.items),
        _card("Average order", now.average_order, before.average_order),
    ]


def _card(title: str, now: Decimal | int, before: Decimal | int) -> dict[str, str]:
    return {"title": title, "value": _text(now), "note": f"{_text(before)} before", "trend": change(now, before)}


def _text(figure: Decimal | int) -> str:
    return money(figure) if isinstance(figure, Decimal) else f"{figure:,}"
