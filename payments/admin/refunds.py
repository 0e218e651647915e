"""Refunds and their lines in the admin site."""

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline
from payments.admin.colours import REFUND_STATUS
from payments.models import Refund, RefundItem


class RefundItemInline(ReadOnlyInline):
    """The order lines that the money is for."""

    model = RefundItem
    fields = ("order_item", "quantity", "amount", "tax_amount", "restocked_quantity")
    readonly_fields = fields
    verbose_name_plural = "Lines"


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin, AuditedAdmin):
    """Refunds are made from their payment's page."""

    list_display = ("id", "order", "payment", "money", "status_badge", "reason", "restock", "actor", "created_at")
    list_filter = ("status", "restock", "is_by_lines", ("created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("payment__order__order_number", "refund_transaction_id", "reason")
    search_help_text = "Order number, transaction or reason"
    list_select_related = ("payment__order", "actor")
    list_per_page = 50
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (RefundItemInline,)
    actions_detail = ("read_audit",)
    fields = (
        ("payment", "status"),
        ("money", "shipping_amount"),
        "reason",
        ("restock", "is_by_lines"),
        ("refund_transaction_id", "actor"),
        ("created_at", "succeeded_at"),
    )
    readonly_fields = ("money", "created_at", "succeeded_at")

    @display(description="Order", ordering="payment__order__order_number")
    def order(self, refund: Refund) -> str:
        return refund.payment.order.order_number

    @display(description="Amount", ordering="amount")
    def money(self, refund: Refund) -> str:
        return f"{refund.amount} {refund.payment.currency}"

    @display(description="Status", ordering="status", label=REFUND_STATUS)
    def status_badge(self, refund: Refund) -> tuple[str, str]:
        return refund.status, refund.get_status_display()


@admin.register(RefundItem)
class RefundItemAdmin(ReadOnlyAdmin):
    """What refunds gave back by order line."""

    list_display = ("id", "refund", "order_item", "quantity", "amount", "tax_amount", "restocked_quantity")
    list_filter = ("refund__status", ("refund__created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("order_item__product_sku", "order_item__product_name", "refund__payment__order__order_number")
    list_select_related = ("refund", "order_item")
    list_per_page = 50
    ordering = ("-id",)
