"""Disputes that gateways tell of: rows, entries of the order's timeline and alerts; the books stay as they are."""

from django.utils import timezone

from common import outbox
from orders.models import Order
from orders.services import life
from payments.gateways.protocol import GatewayDispute
from payments.models import Dispute, Payment
from payments.services.locks import lock_payment


def record(*, payment_id: int, told: GatewayDispute) -> None:
    """Record how a dispute stands; one that is closed stays closed, whatever comes late.

    Needs a transaction; locks the order, then the payment.
    """
    order, payment = lock_payment(payment_id=payment_id)
    dispute = Dispute.objects.filter(transaction_id=told.transaction_id).first()
    is_new = dispute is None
    if dispute is None:
        dispute = Dispute(payment=payment, transaction_id=told.transaction_id, currency=told.currency)
    elif dispute.closed_at is not None:
        return
    dispute.amount, dispute.reason, dispute.status = told.amount, told.reason, told.status
    dispute.closed_at = timezone.now() if told.is_closed else None
    dispute.save()
    if is_new:
        _tell("payment_disputed", "payment.disputed", order, payment, dispute)
    if told.is_closed:
        _tell("dispute_closed", "payment.dispute_closed", order, payment, dispute)


def _tell(code: str, event: str, order: Order, payment: Payment, dispute: Dispute) -> None:
    detail = f"{dispute.amount} {dispute.currency}, {dispute.reason or 'no reason given'}: {dispute.status}"
    life.add_event(order=order, code=code, detail=detail)
    outbox.emit(
        event,
        resource=f"dispute:{dispute.id}",
        dispute_id=dispute.id,
        payment_id=payment.id,
        order_id=order.id,
        order_number=order.order_number,
        amount=str(dispute.amount),
        currency=dispute.currency,
        reason=dispute.reason,
        status=dispute.status,
    )
