"""The sales report of the admin site: a range and a period, as a chart, a table, best sellers and CSV."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from analytics import days
from analytics.dashboard import sales_chart
from analytics.formatting import change, money
from analytics.reports import presets, rankings
from analytics.reports.figures import average_order
from analytics.reports.limits import bounded
from analytics.reports.ranges import LONGEST_RANGE_DAYS, DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import Period, SalesRow, Subject, sales_by_period
from analytics.reports.summary import figures_of
from analytics.series_csv import sales_csv
from products.models import Category

TOP_COUNT = 10


class _DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"


class SalesReportForm(forms.Form):
    """What the report is about; everything may be left out."""

    date_from = forms.DateField(required=False, label="From", widget=_DateInput)
    date_to = forms.DateField(required=False, label="To", widget=_DateInput)
    group_by = forms.ChoiceField(
        required=False,
        label="By",
        choices=[(period.value, period.value.capitalize()) for period in Period],
        widget=UnfoldAdminSelectWidget,
    )
    category = forms.ModelChoiceField(
        Category.objects.order_by("name", "id"),
        required=False,
        to_field_name="slug",
        empty_label="All products",
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        first, last = asked.get("date_from"), asked.get("date_to")
        if any(day and not days.EARLIEST <= day <= days.LATEST for day in (first, last)):
            raise forms.ValidationError(f"Days range from {days.EARLIEST} to {days.LATEST}.")
        range_ = usual_range(first=first, last=last)
        if not 1 <= range_.day_count <= LONGEST_RANGE_DAYS:
            raise forms.ValidationError(
                f"A range is 1 to {LONGEST_RANGE_DAYS} days long and does not end before it begins."
            )
        return {**asked, "range": range_}


class SalesReportPage(UnfoldModelAdminViewMixin, TemplateView):
    """The report; `format=csv` downloads its table."""

    title = "Sales report"
    permission_required = ("analytics.view_salesaggregate",)
    template_name = "admin/analytics/sales_report.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override] # the stubs know of no streaming
        form = SalesReportForm(_with_defaults(request))
        asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {"range": usual_range()}
        range_, period = asked["range"], Period(asked.get("group_by") or Period.DAY)
        category = asked.get("category")
        with bounded():
            rows = sales_by_period(range_=range_, period=period, subject=Subject(category=category))
            if request.GET.get("format") == "csv" and form.is_valid():
                return sales_csv(range_=range_, rows=rows, subject=category.name if category else "")
            context = self._context(form, range_, period, rows)
        return self.render_to_response(context)

    def _context(
        self, form: SalesReportForm, range_: DateRange, period: Period, rows: list[SalesRow]
    ) -> dict[str, Any]:
        category = form.cleaned_data.get("category")
        top = [] if category else rankings.top_products(range_=range_, by=Measure.REVENUE)[:TOP_COUNT]
        asked = {"date_from": range_.first, "date_to": range_.last, "group_by": period.value}
        return self.get_context_data(
            form=form,
            range=range_,
            presets=[
                {
                    "title": title,
                    "query": urlencode({"date_from": each.first, "date_to": each.last}),
                    "is_on": each == range_,
                }
                for title, each in presets.ranges(days.today())
            ],
            chart=sales_chart(rows, period),
            rows=[_shown(row, period) for row in reversed(rows)],
            total=_shown(_total(range_, rows), period),
            cards=_cards(range_, rows, compare=category is None),
            top=[{**row, "revenue": money(row["revenue_sum"]), "profit": money(row["profit_sum"])} for row in top],
            csv_query=urlencode({**asked, **({"category": category.slug} if category else {}), "format": "csv"}),
        )


def _with_defaults(request: HttpRequest) -> dict[str, Any]:
    usual = usual_range()
    defaults = {"date_from": str(usual.first), "date_to": str(usual.last), "group_by": Period.DAY.value}
    return {**defaults, **{name: value for name, value in request.GET.items() if value}}


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


def _shown(row: SalesRow, period: Period) -> dict[str, Any]:
    form = {Period.DAY: "%a %-d %b %Y", Period.WEEK: "Week of %-d %b %Y", Period.MONTH: "%B %Y"}[period]
    return {
        "period": row.date.strftime(form),
        "orders": row.orders,
        "items": row.items,
        "revenue": money(row.revenue),
        "cost": money(row.cost),
        "profit": money(row.profit),
        "average": money(average_order(row.revenue, row.orders)) if row.orders else "-",
        "is_quiet": not (row.orders or row.items or row.revenue),
    }


def _cards(range_: DateRange, rows: list[SalesRow], *, compare: bool) -> list[dict[str, str]]:
    """The range in figures; beside the range before it where everything is looked at."""
    total = _total(range_, rows)
    before = figures_of(range_.before()) if compare else None
    cards = [
        _card("Revenue", money(total.revenue), total.revenue, before.revenue if before else None),
        _card("Profit", money(total.profit), total.profit, before.profit if before else None),
        _card("Orders", str(total.orders), total.orders, before.orders if before else None),
        _card("Items", str(total.items), total.items, before.items if before else None),
    ]
    average = average_order(total.revenue, total.orders)
    return [*cards, _card("Average order", money(average), average, before.average_order if before else None)]


def _card(title: str, value: str, now: Decimal | int, before: Decimal | int | None) -> dict[str, str]:
    if before is None:
        return {"title": title, "value": value, "note": "", "trend": ""}
    shown = money(before) if isinstance(before, Decimal) else str(before)
    return {"title": title, "value": value, "note": f"{shown} before", "trend": change(now, before)}
