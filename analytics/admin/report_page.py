"""What all pages of reports have: their form, ranges by name, the way to the other reports, and CSV."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from analytics import days
from analytics.admin.forms import RangeForm
from analytics.reports import presets
from analytics.reports.ranges import DateRange, usual_range
from analytics.reports.tables import REPORTS


class ReportPage(UnfoldModelAdminViewMixin, TemplateView):
    """A page about a range of days; `format=csv` downloads it."""

    permission_required = ("analytics.view_salesaggregate",)

    def frame(self, form: RangeForm, range_: DateRange) -> dict[str, Any]:
        """What stands around the report itself."""
        asked = {name: value for name, value in self.request.GET.items() if value and name in form.fields}
        return {
            "form": form,
            "range": range_,
            "reports": _reports(self.request),
            "presets": [
                {
                    "title": title,
                    "query": urlencode({**asked, "date_from": each.first, "date_to": each.last}),
                    "is_on": each == range_,
                }
                for title, each in presets.ranges(days.today())
            ],
            "csv_query": urlencode({**asked, "date_from": range_.first, "date_to": range_.last, "format": "csv"}),
        }

    def wants_csv(self, form: RangeForm) -> bool:
        """Whether to answer with the CSV."""
        return self.request.GET.get("format") == "csv" and form.is_valid()


def with_defaults(request: HttpRequest, **defaults: Any) -> dict[str, Any]:
    """What is asked, with the usual range and these defaults for what is not."""
    usual = usual_range()
    dates = {"date_from": str(usual.first), "date_to": str(usual.last)}
    return {**dates, **defaults, **{name: value for name, value in request.GET.items() if value}}


def _reports(request: HttpRequest) -> list[dict[str, Any]]:
    pages = [
        ("Sales", reverse("admin:sales_report")),
        ("Customers", reverse("admin:customers_report")),
        *((report.title, reverse("admin:table_report", args=[report.name])) for report in REPORTS),
    ]
    kept = urlencode({name: request.GET[name] for name in ("date_from", "date_to") if request.GET.get(name)})
    return [
        {"title": title, "link": f"{link}?{kept}" if kept else link, "is_on": link == request.path}
        for title, link in pages
    ]
