"""Tax rates in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from common.countries import country_choices
from orders.models import TaxRate


class TaxRateForm(forms.ModelForm[TaxRate]):
    """A rate with its country chosen by name."""

    country = forms.ChoiceField(choices=country_choices, widget=UnfoldAdminSelect2Widget)

    class Meta:
        model = TaxRate
        fields = ("name", "country", "region", "tax_class", "rate", "applies_to_shipping")
        help_texts = {
            "region": "By code or name; empty is all of the country.",
            "tax_class": "Products of this tax class; empty is the standard class, which shipping belongs to.",
            "rate": "Per cent.",
        }

    def clean_region(self) -> Any:
        return self.cleaned_data["region"].strip()


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    """Tax rates; the most specific one that matches holds."""

    form = TaxRateForm
    list_display = ("name", "country", "shown_region", "shown_class", "shown_rate", "applies_to_shipping")
    list_filter = ("applies_to_shipping", "country", "tax_class")
    search_fields = ("name", "country", "region", "tax_class")
    ordering = ("country", "region", "tax_class")

    @display(description="Region", ordering="region", empty_value="all")
    def shown_region(self, rate: TaxRate) -> str | None:
        return rate.region or None

    @display(description="Tax class", ordering="tax_class", empty_value="standard")
    def shown_class(self, rate: TaxRate) -> str | None:
        return rate.tax_class or None

    @display(description="Rate", ordering="rate")
    def shown_rate(self, rate: TaxRate) -> str:
        return f"{rate.rate.normalize():f} %"
