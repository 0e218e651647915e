"""Orders in the admin site: to look at, and to move by their actions."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter, RangeNumericFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from common.admin_bases import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from common.numbers import whole_number
from common.registry import order_payments
from orders.admin.invoices import documents_of
from orders.admin.moves import CancelForm, ShipForm, move_many, move_one
from orders.models import Order, OrderEvent, OrderItem
from orders.services import life
from orders.services.life.moves import SOURCES

STATUS_COLOURS = {
    "pending": "warning",
    "confirmed": "info",
    "processing": "info",
    "shipped": "success",
    "delivered": "success",
    "cancelled": "danger",
    "refunded": "danger",
}


class OrderItemInline(ReadOnlyInline):
    """What was bought."""

    model = OrderItem
    fields = (
        "product_name",
        "variation_name",
        "product_sku",
        "quantity",
        "price",
        "total_price",
        "discount_share",
        "tax_added",
        "restocked_quantity",
    )
    readonly_fields = fields
    verbose_name_plural = "Lines"


class OrderEventInline(ReadOnlyInline):
    """What happened when."""

    model = OrderEvent
    fields = ("at", "code", "detail", "actor")
    readonly_fields = fields
    verbose_name_plural = "Timeline"


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin, AuditedAdmin):
    """An order is never edited: its actions call the services that move it."""

    list_display = ("order_number", "status_badge", "customer", "units", "money", "paid", "created_at")
    list_filter = ("status", ("created_at", RangeDateFilter), ("total", RangeNumericFilter), "shipping_method")
    list_filter_submit = True
    search_fields = ("order_number", "email", "tracking_number", "items__product_sku", "items__product_name")
    search_help_text = "Number, e-mail, tracking number, SKU or product"
    list_select_related = ("user",)
    list_per_page = 50
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (OrderItemInline, OrderEventInline)
    actions = ("process_selected", "deliver_selected", "cancel_selected")
    actions_detail = ("process", "ship", "deliver", "cancel", "read_audit")
    fieldsets = (
        (None, {"fields": (("order_number", "status"), ("email", "user"), "notes")}),
        ("Delivery", {"fields": (("ship_to", "bill_to"), ("shipping_method_name", "tracking_number"))}),
        (
            "Money",
            {
                "fields": (
                    ("subtotal", "discount"),
                    ("shipping_cost", "tax"),
                    ("money", "coupon_code"),
                    ("payments_made", "invoices"),
                    "mails",
                )
            },
        ),
        ("Times", {"fields": (("created_at", "paid_at"), ("expires_at", "updated_at"))}),
    )
    readonly_fields = ("ship_to", "bill_to", "money", "payments_made", "invoices", "mails", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders: QuerySet[Order] = super().get_queryset(request)
        return orders.annotate(unit_count=Sum("items__quantity"))

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description="Customer", ordering="email")
    def customer(self, order: Order) -> str:
        return order.email if order.user_id else f"{order.email} (guest)"

    @display(description="Units", ordering="unit_count")
    def units(self, order: Any) -> int:
        return order.unit_count or 0

    @display(description="Total", ordering="total")
    def money(self, order: Order) -> str:
        return _amount(order.total, order.currency)

    @display(description="Paid", boolean=True)
    def paid(self, order: Order) -> bool:
        return order.paid_at is not None

    @display(description="Ship to")
    def ship_to(self, order: Order) -> SafeString:
        return _lines(order.shipping_address_snapshot)

    @display(description="Bill to")
    def bill_to(self, order: Order) -> SafeString:
        return _lines(order.billing_address_snapshot)

    @display(description="Payments")
    def payments_made(self, order: Order) -> SafeString | str:
        bodies = [body for _, read in order_payments for body in read([order.pk]).get(order.pk, [])]
        rows = ((body["payment_method"], body["amount"], order.currency, body["status"]) for body in bodies)
        return format_html_join("", "<div>{}: {} {}, {}</div>", rows) or "None yet"

    @display(description="Invoices")
    def invoices(self, order: Order) -> SafeString | str:
        return documents_of(order)

    @display(description="Mails")
    def mails(self, order: Order) -> SafeString:
        about = urlencode({"q": f"order:{order.order_number}"})
        page = f"{reverse('admin:common_mail_changelist')}?{about}"
        return format_html('<a class="text-primary-600" href="{}">Sent and waiting</a>', page)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """Only the moves that the order's status allows."""
        allowed: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        status = Order.objects.filter(pk=whole_number(str(object_id)) or 0).values_list("status", flat=True).first()
        targets = {"process": "processing", "ship": "shipped", "deliver": "delivered", "cancel": "cancelled"}
        return [
            item for item in allowed if item.path not in targets or status in SOURCES[Order.Status(targets[item.path])]
        ]

    def has_move_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may move orders."""
        return request.user.has_perm("orders.change_order")

    @action(
        description="Process",
        permissions=["move"],
        icon="package_2",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Begin packing this order?",
            "description": "Its owner can no longer cancel it alone.",
            "form_class": None,
            "form_submit_text": "Process",
        },
    )
    def process(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        return move_one(request, object_id, life.process)

    @action(
        description="Ship",
        permissions=["move"],
        icon="local_shipping",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Ship this order",
            "description": "The customer sees the tracking number.",
            "form_class": ShipForm,
            "form_submit_text": "Ship",
        },
    )
    def ship(self, request: HttpRequest, form: ShipForm, object_id: int) -> HttpResponse:
        return move_one(request, object_id, life.ship, tracking_number=form.cleaned_data["tracking_number"])

    @action(
        description="Deliver",
        permissions=["move"],
        icon="task_alt",
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": "Has this order arrived?",
            "description": "",
            "form_class": None,
            "form_submit_text": "Delivered",
        },
    )
    def deliver(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        return move_one(request, object_id, life.deliver)

    @action(
        description="Cancel order",
        permissions=["move"],
        icon="cancel",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Cancel this order?",
            "description": "Its goods go back to stock, and what was paid is refunded.",
            "form_class": CancelForm,
            "form_submit_text": "Cancel the order",
        },
    )
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: int) -> HttpResponse:
        return move_one(request, object_id, life.cancel, by_staff=True, reason=form.cleaned_data["reason"])

    @action(description="Process selected orders", permissions=["move"])
    def process_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        move_many(request, orders, life.process)

    @action(description="Mark selected orders as delivered", permissions=["move"])
    def deliver_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        move_many(request, orders, life.deliver)

    @action(description="Cancel selected orders", permissions=["move"])
    def cancel_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        move_many(request, orders, life.cancel, by_staff=True, reason="Cancelled by staff.")


@admin.register(OrderItem)
class OrderItemAdmin(ReadOnlyAdmin):
    """Lines of all orders, to search by what was sold."""

    list_display = ("product_name", "variation_name", "product_sku", "quantity", "price", "total_price", "order")
    list_filter = (("order__created_at", RangeDateFilter), "order__status")
    list_filter_submit = True
    search_fields = ("product_sku", "product_name", "order__order_number")
    list_select_related = ("order",)
    ordering = ("-id",)


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    """What happened to all orders."""

    list_display = ("at", "order", "code", "detail", "actor")
    list_filter = ("code", ("at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("order__order_number", "detail")
    list_select_related = ("order", "actor")
    ordering = ("-id",)


def _amount(amount: Decimal, currency: str) -> str:
    return f"{amount} {currency}"


def _lines(address: Mapping[str, str]) -> SafeString:
    place = " ".join(filter(None, (address.get("postal_code"), address.get("city"), address.get("state"))))
    parts = [address.get(name) for name in ("full_name", "company", "address_line1", "address_line2")]
    lines = [part for part in (*parts, place, address.get("country"), address.get("phone")) if part]
    return format_html("{}", format_html_join("", "<div>{}</div>", ((line,) for line in lines)))
