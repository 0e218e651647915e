"""What the pages of reports may be asked; everything may be left out."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from analytics import days
from analytics.reports import carts
from analytics.reports.ranges import LONGEST_RANGE_DAYS, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import Period, Subject
from analytics.reports.tables import Asked, TableReport
from common.countries import COUNTRY_CODES
from products.models import Category


class _DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"


class RangeForm(forms.Form):
    """A range of days."""

    date_from = forms.DateField(required=False, label="From", widget=_DateInput)
    date_to = forms.DateField(required=False, label="To", widget=_DateInput)

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


class PeriodForm(RangeForm):
    """A range and the length of a period."""

    group_by = forms.ChoiceField(
        required=False,
        label="By",
        choices=[(period.value, period.value.capitalize()) for period in Period],
        widget=UnfoldAdminSelectWidget,
    )


class SalesReportForm(PeriodForm):
    """What sales to look at: one of category, coupon and country, or everything."""

    category = forms.ModelChoiceField(
        Category.objects.order_by("name", "id"),
        required=False,
        to_field_name="slug",
        empty_label="All products",
        widget=UnfoldAdminSelectWidget,
    )
    coupon = forms.CharField(required=False, max_length=40, widget=UnfoldAdminTextInputWidget)
    country = forms.CharField(required=False, max_length=2, widget=UnfoldAdminTextInputWidget)

    def clean_coupon(self) -> str:
        return str(self.cleaned_data["coupon"]).upper()

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).upper()
        if code and code not in COUNTRY_CODES:
            raise forms.ValidationError("Not a country code of two letters.")
        return code

    def clean(self) -> dict[str, Any]:
        asked = super().clean()
        named = {name: asked.get(name) or None for name in ("category", "coupon", "country")}
        if sum(thing is not None for thing in named.values()) > 1:
            raise forms.ValidationError("Choose one of category, coupon and country.")
        return {**asked, "subject": Subject(**named)}


class _RankedForm(RangeForm):
    by = forms.ChoiceField(
        required=False,
        label="By",
        choices=[(measure.value, measure.value.capitalize()) for measure in Measure],
        widget=UnfoldAdminSelectWidget,
    )


class _IdleForm(RangeForm):
    idle_hours = forms.IntegerField(
        required=False,
        label="Idle for hours",
        min_value=1,
        max_value=carts.MOST_IDLE_HOURS,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def form_of(report: TableReport) -> type[RangeForm]:
    """The form with what the report may be asked."""
    return _IdleForm if "idle_hours" in report.asks else _RankedForm if "by" in report.asks else RangeForm


def asked_by(form: RangeForm) -> Asked:
    """What a valid form asks a list for beside its range."""
    given = form.cleaned_data
    return Asked(
        by=Measure(given.get("by") or Measure.REVENUE),
        idle_hours=given.get("idle_hours") or carts.USUAL_IDLE_HOURS,
    )
