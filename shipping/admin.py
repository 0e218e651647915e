"""Shipping in the admin: methods with their rates, zones, and rates by themselves."""

from itertools import combinations
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from common.countries import country_choices
from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from shipping.services import methods
from shipping.validators import region_list

MOST_COUNTRIES_SHOWN = 8


class RateFormSet(BaseInlineFormSet[ShippingRate, ShippingMethod, Any]):
    """A method's rates on one page, whose bands must not overlap each other either."""

    def clean(self) -> None:
        super().clean()
        kept = [
            form.instance
            for form in self.forms
            if form.is_valid() and form not in self.deleted_forms and (form.instance.pk or form.has_changed())
        ]
        for one, other in combinations(kept, 2):
            if one.overlaps(other):
                raise ValidationError(f"Rates of {one.shipping_zone} overlap.", code="overlapping_rates")


class RateInline(TabularInline):
    """The rates of a method."""

    model = ShippingRate
    formset = RateFormSet
    extra = 0
    fields = ("shipping_zone", "min_order_value", "max_order_value", "price")
    autocomplete_fields = ("shipping_zone",)


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ModelAdmin):
    """Methods; one that an order refers to is deactivated instead of deleted."""

    list_display = ("name", "price", "delivery_time", "shown_status", "shown_rates", "updated_at")
    list_filter = ("is_active", ("rates__shipping_zone", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "description", "delivery_time")
    ordering = ("name",)
    inlines = (RateInline,)
    readonly_fields = ("created_at", "updated_at")
    fieldsets: ClassVar = (
        (None, {"fields": ("name", "description", "delivery_time", "is_active")}),
        ("Price where the method has no rates at all", {"fields": ("price",)}),
        ("History", {"fields": ("created_at", "updated_at"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingMethod]:
        queryset: QuerySet[ShippingMethod] = super().get_queryset(request)
        return queryset.annotate(rate_count=Count("rates"))

    @display(description="Status", label={"Active": "success", "Inactive": "danger"}, ordering="is_active")
    def shown_status(self, method: ShippingMethod) -> str:
        return "Active" if method.is_active else "Inactive"

    @display(description="Rates", ordering="rate_count")
    def shown_rates(self, method: Any) -> str:
        return str(method.rate_count) if method.rate_count else "everywhere at its base price"

    def delete_model(self, request: HttpRequest, obj: ShippingMethod) -> None:
        methods.remove_method(method_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ShippingMethod]) -> None:
        for method in queryset:
            methods.remove_method(method_id=method.pk)


class ZoneForm(forms.ModelForm[ShippingZone]):
    """A zone with countries chosen by name and regions one a line."""

    countries = forms.MultipleChoiceField(choices=country_choices, widget=UnfoldAdminSelect2MultipleWidget)
    regions = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text="One state or region a line, by code or name; empty is all of the countries.",
    )

    class Meta:
        model = ShippingZone
        fields = ("name", "countries", "regions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["regions"] = "\n".join(self.instance.regions or [])

    def clean_regions(self) -> list[str] | None:
        regions = [line.strip() for line in self.cleaned_data["regions"].splitlines() if line.strip()]
        region_list(regions)
        return regions or None


@admin.register(ShippingZone)
class ShippingZoneAdmin(ModelAdmin):
    """Zones; one with rates cannot be deleted."""

    form = ZoneForm
    list_display = ("name", "shown_countries", "shown_regions", "shown_rates")
    search_fields = ("name", "countries", "regions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingZone]:
        zones: QuerySet[ShippingZone] = super().get_queryset(request)
        return zones.annotate(rate_count=Count("rates"))

    @display(description="Countries")
    def shown_countries(self, zone: ShippingZone) -> str:
        return _shortened(zone.countries)

    @display(description="Regions", empty_value="all")
    def shown_regions(self, zone: ShippingZone) -> str | None:
        return _shortened(zone.regions) if zone.regions else None

    @display(description="Rates", ordering="rate_count")
    def shown_rates(self, zone: Any) -> int:
        return int(zone.rate_count)


@admin.register(ShippingRate)
class ShippingRateAdmin(ModelAdmin):
    """Every rate, by method and zone."""

    list_display = ("shipping_method", "shipping_zone", "shown_band", "price")
    list_filter = ("shipping_method", "shipping_zone")
    list_select_related = ("shipping_method", "shipping_zone")
    search_fields = ("shipping_method__name", "shipping_zone__name")
    autocomplete_fields = ("shipping_method", "shipping_zone")
    ordering = ("shipping_method", "shipping_zone", "min_order_value")

    @display(description="Order value", ordering="min_order_value")
    def shown_band(self, rate: ShippingRate) -> str:
        if rate.max_order_value is None:
            return f"from {rate.min_order_value}"
        return f"from {rate.min_order_value} to below {rate.max_order_value}"


def _shortened(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_COUNTRIES_SHOWN])
    more = len(names) - MOST_COUNTRIES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
