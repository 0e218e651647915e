"""The audit in the admin: who changed what, when, through which door; to read only."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from common.models import AuditEntry

KIND_COLOURS = {
    "price": "info",
    "stock": "info",
    "role": "danger",
    "order": "success",
    "refund": "warning",
    "webhook": "info",
}


class ObjectTypeFilter(admin.SimpleListFilter):
    """By the model of what was changed."""

    title = "thing"
    parameter_name = "object_type__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        audited = ("products.product", "products.productvariation", "orders.order", "orders.coupon", "orders.taxrate")
        others = ("shipping.shippingmethod", "shipping.shippingrate", "payments.refund")
        people = ("authentication.user", "auth.group", "common.webhookendpoint")
        return [
            (label, apps.get_model(label)._meta.verbose_name.capitalize())  # noqa: SLF001
            for label in (*audited, *others, *people)
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(object_type=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Movements of stock and events of orders stand on the pages of their products and orders."""

    list_display = ("at", "kind_badge", "thing", "shown_change", "actor", "door", "origin")
    list_display_links = ("at",)
    list_filter = ("kind", "door", ObjectTypeFilter, ("at", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("actor",)
    search_fields = ("=object_id", "=request_id", "actor__email")
    search_help_text = "Key of the thing, id of the request, or e-mail of who changed it"
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-id",)
    fields = (
        *("at", "kind", "thing", "shown_change", "actor", "door", "origin", "request_id", "client_address"),
        *("before", "after"),
    )
    readonly_fields = ("thing", "shown_change")

    @display(description="Kind", ordering="kind", label=KIND_COLOURS)
    def kind_badge(self, entry: AuditEntry) -> tuple[str, str]:
        return entry.kind, entry.get_kind_display()

    @display(description="Thing")
    def thing(self, entry: AuditEntry) -> SafeString | str:
        """What was changed, with the way to its page where it has one."""
        name = f"{entry.object_type.partition('.')[2]} {entry.object_id}"
        try:
            page = reverse(f"admin:{entry.object_type.replace('.', '_')}_change", args=[entry.object_id])
        except NoReverseMatch:
            return name
        return format_html('<a href="{}">{}</a>', page, name)

    @display(description="Change")
    def shown_change(self, entry: AuditEntry) -> SafeString:
        was, becomes = entry.before or {}, entry.after or {}
        names = sorted({*was, *becomes})
        rows = ((name, _shown(was.get(name)), _shown(becomes.get(name))) for name in names)
        return format_html_join("", "<div>{}: {} → {}</div>", rows)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "-" if value is None else str(value)
