"""The pages of the reports that are lists."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.timezone import localtime

from analytics import csv_export
from analytics.admin.forms import asked_by, form_of
from analytics.admin.report_page import ReportPage, with_defaults
from analytics.formatting import money, share
from analytics.reports import carts
from analytics.reports.limits import bounded
from analytics.reports.ranges import DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.statements import Row
from analytics.reports.tables import BY_NAME, Asked, Column, Shown, TableReport

ROWS_SHOWN = 25
NOTHING = "-"

_WAYS: Mapping[Shown, Callable[[Any], str]] = {
    Shown.COUNT: "{:,}".format,
    Shown.MONEY: money,
    Shown.SHARE: share,
    Shown.DAY: "{:%-d %b %Y}".format,
    Shown.MOMENT: lambda moment: localtime(moment).strftime("%-d %b %Y, %H:%M"),
}


class TableReportPage(ReportPage):
    """A page of the list, each row with the way to what it is about."""

    title = "Report"
    template_name = "admin/analytics/table_report.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override] # the stubs know of no streaming
        report = BY_NAME.get(kwargs["name"])
        if report is None:
            raise Http404
        self.title = report.title
        defaults = {"by": Measure.REVENUE.value, "idle_hours": carts.USUAL_IDLE_HOURS}
        form = form_of(report)(with_defaults(request, **{name: defaults[name] for name in report.asks}))
        is_valid = form.is_valid()
        range_: DateRange = form.cleaned_data["range"] if is_valid else usual_range()
        asked = asked_by(form) if is_valid else Asked()
        with bounded():
            if self.wants_csv(form):
                return csv_export.table(report, range_=range_, asked=asked)
            page = Paginator(report.rows(range_, asked), ROWS_SHOWN).get_page(request.GET.get("page"))
            context = self._context(report, range_, asked, page)
        return self.render_to_response(self.get_context_data(**self.frame(form, range_), **context))

    def _context(self, report: TableReport, range_: DateRange, asked: Asked, page: Page[Row]) -> dict[str, Any]:
        measure = asked.by.value if report.bar and "by" in report.asks else report.bar
        bar = next((column for column in report.columns if column.name == measure), None)
        most = max((Decimal(bar.of(row) or 0) for row in page), default=Decimal(0)) if bar else Decimal(0)
        query = {name: value for name, value in self.request.GET.items() if name not in {"page", "format"}}
        return {
            "report": report,
            "columns": [{"title": each.title, "is_number": _is_number(each)} for each in report.columns],
            "rows": [
                {
                    "cells": [{"text": shown(each, row), "is_number": _is_number(each)} for each in report.columns],
                    "link": self._link(report, row, range_),
                    "percent": float(max(Decimal(bar.of(row) or 0), Decimal(0)) / most * 100)
                    if bar and most > 0
                    else None,
                }
                for row in page
            ],
            "page": page,
            "before": urlencode({**query, "page": page.number - 1}),
            "after": urlencode({**query, "page": page.number + 1}),
            "totals": _totals(report, range_, asked),
        }

    def _link(self, report: TableReport, row: Row, range_: DateRange) -> str:
        """Where the row leads: to what it is about, if the user may see it, or to its sales over time."""
        if report.subject:
            app, _, model = report.subject.partition("_")
            may_see = self.request.user.has_perm(f"{app}.view_{model}")
            return reverse(f"admin:{report.subject}_change", args=[row[report.subject_id]]) if may_see else ""
        if not row["value"]:
            return ""
        query: Mapping[str, Any] = {
            "date_from": range_.first,
            "date_to": range_.last,
            report.columns[0].name: row["value"],
        }
        return f"{reverse('admin:sales_report')}?{urlencode(query)}"


def shown(column: Column, row: Row) -> str:
    """The value as people read it."""
    value = column.of(row)
    if value is None:
        return NOTHING
    return _WAYS.get(column.shown, str)(value)


def _is_number(column: Column) -> bool:
    return column.shown in {Shown.COUNT, Shown.MONEY, Shown.SHARE} or column.name == "per_day"


def _totals(report: TableReport, range_: DateRange, asked: Asked) -> str:
    """What stands beside the heading where a report sums up."""
    if report.name != "abandoned-carts":
        return ""
    total = carts.totals_of(range_=range_, idle_hours=asked.idle_hours)
    return f"{total.carts:,} carts, {money(total.value)}"
