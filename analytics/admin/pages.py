"""The lists of aggregates, views and counted days."""

from decimal import Decimal

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from analytics.admin.customers_report import CustomersReportPage
from analytics.admin.sales_report import SalesReportPage
from analytics.admin.table_report import TableReportPage
from analytics.formatting import money
from analytics.models import AggregatedDay, ProductView, SalesAggregate
from common.admin_bases import ReadOnlyAdmin


def _unbroken(text: str) -> SafeString:
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


class FactsAdmin(ReadOnlyAdmin):
    """A page to look at: what it shows is written by services only."""

    list_fullwidth = True


class SubjectFilter(admin.SimpleListFilter):
    """What the rows are about."""

    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("total", "Everything"), ("product", "Products"), ("category", "Categories")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SalesAggregate]) -> QuerySet[SalesAggregate]:
        if self.value() == "total":
            return queryset.filter(product=None, category=None)
        if self.value() in {"product", "category"}:
            return queryset.filter(**{f"{self.value()}__isnull": False})
        return queryset


@admin.register(SalesAggregate)
class SalesAggregateAdmin(FactsAdmin):
    """Each day's sales of products, of categories and in all."""

    list_display = (
        "shown_date",
        "shown_subject",
        "order_count",
        "item_count",
        "shown_revenue",
        "shown_cost",
        "shown_profit",
    )
    list_filter = (
        SubjectFilter,
        ("date", RangeDateFilter),
        ("product", AutocompleteSelectFilter),
        ("category", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("product", "category")
    search_fields = ("product__name", "product__sku", "category__name")
    search_help_text = "Product, SKU or category"
    date_hierarchy = "date"
    ordering = ("-date", "-revenue", "id")
    fields = ("date", "product", "category", "order_count", "item_count", "revenue", "cost", "profit")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("report/", view(SalesReportPage.as_view(model_admin=self)), name="sales_report"),
            path("report/customers/", view(CustomersReportPage.as_view(model_admin=self)), name="customers_report"),
            path("report/<slug:name>/", view(TableReportPage.as_view(model_admin=self)), name="table_report"),
            *super().get_urls(),
        ]

    @display(description="date", ordering="date")
    def shown_date(self, row: SalesAggregate) -> str:
        return _unbroken(row.date.strftime("%a %-d %b %Y"))

    @display(description="about", ordering="product__name")
    def shown_subject(self, row: SalesAggregate) -> str:
        subject = row.product or row.category
        return "Everything" if subject is None else subject.name

    @display(description="revenue", ordering="revenue")
    def shown_revenue(self, row: SalesAggregate) -> str:
        return money(row.revenue)

    @display(description="cost", ordering="cost")
    def shown_cost(self, row: SalesAggregate) -> str:
        return money(row.cost)

    @display(description="profit", ordering="profit", label={"gain": "success", "loss": "danger"})
    def shown_profit(self, row: SalesAggregate) -> tuple[str, str]:
        return ("loss" if row.profit < Decimal(0) else "gain"), money(row.profit)


@admin.register(ProductView)
class ProductViewAdmin(FactsAdmin):
    """Who looked at what; a guest is known by the hash of a visitor id only."""

    list_display = ("shown_time", "product", "user", "shown_visitor", "ip_address", "referrer")
    list_filter = (("viewed_at", RangeDateTimeFilter), ("product", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("product", "user")
    search_fields = ("product__name", "product__sku", "user__email", "=ip_address")
    search_help_text = "Product, SKU, user or address"
    ordering = ("-id",)  # the order of time, but for moments, and the one that has an index
    paginator = InfinitePaginator  # nobody counts hundreds of millions to show the last fifty
    show_full_result_count = False
    fields = ("product", "user", "session_id", "ip_address", "user_agent", "referrer", "viewed_at")

    @display(description="viewed at", ordering="id")
    def shown_time(self, view: ProductView) -> str:
        return _unbroken(view.viewed_at.strftime("%-d %b %Y, %H:%M"))

    @display(description="visitor", empty_value="-")
    def shown_visitor(self, view: ProductView) -> str | None:
        return view.session_id and view.session_id[:8]


@admin.register(AggregatedDay)
class AggregatedDayAdmin(FactsAdmin):
    """Which days are counted and which wait for it."""

    list_display = ("date", "shown_state", "order_count", "changed_at", "computed_at")
    list_filter = (("date", RangeDateFilter),)
    list_filter_submit = True
    date_hierarchy = "date"
    ordering = ("-date",)

    @display(description="state", label={"counted": "success", "waits": "warning"})
    def shown_state(self, day: AggregatedDay) -> str:
        return "waits" if day.computed_at is None or day.computed_at < day.changed_at else "counted"
