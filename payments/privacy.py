"""What payments hold about a person: in their export. Erasure keeps it, as the books: it names nobody."""

from typing import Any

from django.db.models import F

from common.registry import privacy_exporters
from payments.models import Dispute, Payment, Refund

PAYMENT = ("payment_method", "transaction_id", "amount", "currency", "status", "refunded_amount", "payment_details")
REFUND = ("amount", "reason", "status", "created_at", "succeeded_at")
DISPUTE = ("transaction_id", "amount", "currency", "reason", "status", "created_at", "closed_at")


def register() -> None:
    """Take part in exports."""
    privacy_exporters.register("payments", payments_of)


def payments_of(user_id: int) -> dict[str, Any]:
    """The payments of the person's orders, what was refunded of them, and disputes, oldest first."""
    payments = Payment.objects.filter(order__user=user_id).order_by("id")
    refunds = Refund.objects.filter(payment__order__user=user_id).order_by("id")
    disputes = Dispute.objects.filter(payment__order__user=user_id).order_by("id")
    return {
        "payments": list(payments.values(*PAYMENT, "created_at", order_number=F("order__order_number"))),
        "refunds": list(refunds.values(*REFUND, order_number=F("payment__order__order_number"))),
        "disputes": list(disputes.values(*DISPUTE, order_number=F("payment__order__order_number"))),
    }
