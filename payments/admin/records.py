"""Disputes, what gateways sent us, and the dummy gateway's own books, in the admin site."""

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from payments.admin.colours import PAYMENT_STATUS
from payments.models import Dispute, DummyCharge, DummyRefund, WebhookEvent


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """What customers' banks took back or ask about; answered at the gateway."""

    list_display = ("transaction_id", "payment", "amount", "currency", "reason", "status", "created_at", "closed_at")
    list_filter = ("status", "reason", ("closed_at", admin.EmptyFieldListFilter), ("created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("transaction_id", "payment__transaction_id", "payment__order__order_number")
    list_select_related = ("payment",)
    date_hierarchy = "created_at"
    ordering = ("-id",)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Events received, and whether they had their effect."""

    list_display = ("id", "gateway", "kind", "event_id", "received_at", "applied", "last_error")
    list_filter = ("gateway", "kind", ("applied_at", admin.EmptyFieldListFilter), ("received_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("event_id", "kind")
    date_hierarchy = "received_at"
    ordering = ("-id",)

    @display(description="Applied", boolean=True, ordering="applied_at")
    def applied(self, event: WebhookEvent) -> bool:
        return event.applied_at is not None


@admin.register(DummyCharge)
class DummyChargeAdmin(ReadOnlyAdmin):
    """Charges as the dummy gateway sees them."""

    list_display = ("transaction_id", "idempotency_key", "amount", "currency", "status_badge", "token", "created_at")
    list_filter = ("status", "token", ("created_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("transaction_id", "idempotency_key")
    ordering = ("-id",)

    @display(description="Status", ordering="status", label=PAYMENT_STATUS)
    def status_badge(self, charge: DummyCharge) -> tuple[str, str]:
        return charge.status, charge.status.capitalize()


@admin.register(DummyRefund)
class DummyRefundAdmin(ReadOnlyAdmin):
    """Refunds as the dummy gateway sees them."""

    list_display = ("transaction_id", "idempotency_key", "charge", "amount", "created_at")
    list_filter = (("created_at", RangeDateFilter),)
    list_filter_submit = True
    search_fields = ("transaction_id", "idempotency_key", "charge__transaction_id")
    list_select_related = ("charge",)
    ordering = ("-id",)
