"""Payments in the admin site."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter, RangeNumericFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from common.admin_bases import ReadOnlyAdmin, ReadOnlyInline
from common.numbers import whole_number
from payments.admin import moves
from payments.admin.colours import PAYMENT_STATUS
from payments.admin.moves import RefundAllForm, RefundAmountForm
from payments.gateways.manual import ManualGateway
from payments.models import Payment, Refund


class RefundInline(ReadOnlyInline):
    """What went back."""

    model = Refund
    fields = ("created_at", "amount", "shipping_amount", "status", "reason", "restock", "actor")
    readonly_fields = fields
    show_change_link = True


class AttentionFilter(admin.SimpleListFilter):
    """Those that somebody should look at."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "To look at")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        return queryset & Payment.objects.to_look_at() if self.value() == "yes" else queryset


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """A payment is never edited: its actions call the services that capture and refund."""

    list_display = ("id", "order_link", "status_badge", "payment_method", "money", "went_back", "surplus", "created_at")
    list_display_links = ("id",)
    list_filter = (
        AttentionFilter,
        "status",
        "payment_method",
        "is_surplus",
        ("created_at", RangeDateFilter),
        ("amount", RangeNumericFilter),
    )
    list_filter_submit = True
    search_fields = ("order__order_number", "order__email", "transaction_id")
    search_help_text = "Order number, e-mail or transaction"
    list_select_related = ("order",)
    list_per_page = 50
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (RefundInline,)
    actions = ("capture_selected", "refund_selected")
    actions_detail = ("capture", "refund_amount", "refund_all")
    fieldsets = (
        (None, {"fields": (("order_link", "status"), ("payment_method", "transaction_id"))}),
        ("Money", {"fields": (("money", "went_back"), ("surplus", "actor"))}),
        ("Gateway", {"fields": ("asked_of_customer", "payment_details")}),
        ("Times", {"fields": (("created_at", "updated_at"),)}),
    )
    readonly_fields = ("order_link", "money", "went_back", "surplus", "asked_of_customer", "created_at", "updated_at")

    @display(description="Order", ordering="order__order_number")
    def order_link(self, payment: Payment) -> SafeString:
        page = reverse("admin:orders_order_change", args=[payment.order_id])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', page, payment.order.order_number)

    @display(description="Status", ordering="status", label=PAYMENT_STATUS)
    def status_badge(self, payment: Payment) -> tuple[str, str]:
        return payment.status, payment.get_status_display()

    @display(description="Amount", ordering="amount")
    def money(self, payment: Payment) -> str:
        return f"{payment.amount} {payment.currency}"

    @display(description="Refunded", ordering="refunded_amount")
    def went_back(self, payment: Payment) -> str:
        return f"{payment.refunded_amount} {payment.currency}" if payment.refunded_amount else "-"

    @display(description="Surplus", ordering="is_surplus")
    def surplus(self, payment: Payment) -> str:
        return "Surplus" if payment.is_surplus else "-"

    @display(description="Asked of the customer")
    def asked_of_customer(self, payment: Payment) -> SafeString | str:
        action = {name: value for name, value in (payment.client_action or {}).items() if name != "client_secret"}
        asked = ((name.replace("_", " "), value) for name, value in action.items())
        return format_html_join("", "<div>{}: {}</div>", asked) or "-"

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """Only what the payment's status allows."""
        allowed: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        payment = Payment.objects.filter(pk=whole_number(str(object_id)) or 0).first()
        return [item for item in allowed if payment and _is_possible(item.path, payment)]

    def has_capture_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may book bank transfers."""
        return request.user.has_perm("payments.change_payment")

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may give money back."""
        return request.user.has_perm("payments.add_refund")

    @action(
        description="Capture",
        url_path="capture",
        permissions=["capture"],
        icon="payments",
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": "Has the money arrived?",
            "description": "The order is confirmed; where it waits no longer, the money is refunded.",
            "form_class": None,
            "form_submit_text": "Capture",
        },
    )
    def capture(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        payment = self._payment(object_id)
        moves.capture(request, payment)
        return moves.back_to(request, payment)

    @action(
        description="Refund an amount",
        url_path="refund-amount",
        permissions=["refund"],
        icon="undo",
        variant=ActionVariant.WARNING,
        dialog={
            "title": "Refund an amount",
            "description": "It is taken from the order's lines first, from its shipping last.",
            "form_class": RefundAmountForm,
            "form_submit_text": "Refund",
        },
    )
    def refund_amount(self, request: HttpRequest, form: RefundAmountForm, object_id: int) -> HttpResponse:
        payment = self._payment(object_id)
        given = form.cleaned_data
        moves.refund_amount(request, payment, amount=given["amount"], reason=given["reason"])
        return moves.back_to(request, payment)

    @action(
        description="Refund in full",
        url_path="refund-all",
        permissions=["refund"],
        icon="undo",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Refund everything that is left?",
            "description": "An order that is paid becomes refunded.",
            "form_class": RefundAllForm,
            "form_submit_text": "Refund in full",
        },
    )
    def refund_all(self, request: HttpRequest, form: RefundAllForm, object_id: int) -> HttpResponse:
        payment = self._payment(object_id)
        given = form.cleaned_data
        moves.refund_all(request, payment, reason=given["reason"], restock=given["restock"])
        return moves.back_to(request, payment)

    @action(description="Capture selected bank transfers", permissions=["capture"])
    def capture_selected(self, request: HttpRequest, rows: QuerySet[Payment]) -> None:
        moves.for_each(request, rows, moves.capture)

    @action(description="Refund selected payments in full", permissions=["refund"])
    def refund_selected(self, request: HttpRequest, rows: QuerySet[Payment]) -> None:
        moves.for_each(request, rows, moves.refund_all, reason="Refunded by staff.", restock=False)

    def _payment(self, object_id: int) -> Payment:
        return get_object_or_404(Payment.objects.select_related("order"), pk=whole_number(str(object_id)))


def _is_possible(name: str, payment: Payment) -> bool:
    is_captured = payment.status in Payment.CAPTURED
    if name == "capture":
        return payment.payment_method == ManualGateway.name and not is_captured
    return is_captured and payment.refunded_amount < payment.amount
