"""What a gateway said about a refund becomes true here, whoever heard it: the request, a webhook or the job."""

import structlog
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from common import outbox
from common.failpoints import failpoint
from common.money import ZERO
from orders.models import Order, OrderEvent, OrderItem
from orders.services import life
from payments.gateways.protocol import RefundOutcome
from payments.models import Payment, Refund
from payments.services import answers
from payments.services.locks import lock_refund
from products.models import StockMovement

logger = structlog.stdlib.get_logger(__name__)
Status = Refund.Status
PAID = frozenset({Order.Status.CONFIRMED, Order.Status.PROCESSING, Order.Status.SHIPPED, Order.Status.DELIVERED})


@transaction.atomic
def record(*, refund_id: int, outcome: RefundOutcome) -> Refund:
    """Record an outcome, in one short transaction that locks the order, the payment, then the refund."""
    order, payment, refund = lock_refund(refund_id=refund_id)
    apply(order=order, payment=payment, refund=refund, outcome=outcome)
    answers.keep_refund(refund)
    failpoint("refund.before_commit")
    return refund


def apply(*, order: Order, payment: Payment, refund: Refund, outcome: RefundOutcome) -> None:
    """Apply an outcome to a locked refund of a locked payment and order; old news changes nothing."""
    if (refund.status, outcome.status) == (Status.SUCCEEDED, Status.FAILED):
        _bounce(order, payment, refund)
    if refund.status not in Refund.UNDER_WAY or _is_known(refund, outcome):
        return
    refund.status = outcome.status
    refund.refund_transaction_id = outcome.transaction_id or refund.refund_transaction_id
    if outcome.status == Status.SUCCEEDED:
        refund.succeeded_at = timezone.now()
    refund.save()
    if outcome.status == Status.SUCCEEDED:
        _succeed(order, payment, refund)
    elif outcome.status == Status.FAILED:
        _fail(order, payment, refund, outcome.detail)


def _is_known(refund: Refund, outcome: RefundOutcome) -> bool:
    return refund.status == outcome.status and outcome.transaction_id in {None, refund.refund_transaction_id}


def _succeed(order: Order, payment: Payment, refund: Refund) -> None:
    returned = payment.refunds.filter(status=Status.SUCCEEDED).aggregate(sum=Sum("amount"))["sum"] or ZERO
    is_whole = returned == payment.amount
    payment.status = Payment.Status.REFUNDED if is_whole else Payment.Status.PARTIALLY_REFUNDED
    payment.save(update_fields=["status", "updated_at"])
    if refund.restock:
        _restock(order, refund)
    detail = f"{refund.amount} {payment.currency}"
    life.add_event(order=order, code="refund_succeeded", detail=detail, actor=refund.actor)
    _emit("refund.succeeded", order, payment, refund)
    if is_whole and not payment.is_surplus and order.status in PAID:
        life.mark_refunded(order=order, actor=refund.actor)


def _fail(order: Order, payment: Payment, refund: Refund, detail: str) -> None:
    """The books become as they were; the refund's lines stay for the record and count no more."""
    Payment.objects.filter(id=payment.id).update(refunded_amount=F("refunded_amount") - refund.amount)
    payment.refunded_amount -= refund.amount
    logger.error("refund_failed", refund_id=refund.id, payment_id=payment.id, detail=detail)
    life.add_event(order=order, code="refund_failed", detail=detail, actor=refund.actor)
    _emit("refund.failed", order, payment, refund)


def _bounce(order: Order, payment: Payment, refund: Refund) -> None:
    """The customer's bank sent the money back to the shop: told once, for staff to pay it by other means.

    The refund stays as it is, since the shop still owes what was refunded.
    """
    detail = f"{refund.amount} {payment.currency}, refund {refund.id}"
    if not OrderEvent.objects.filter(order=order, code="refund_bounced", detail=detail).exists():
        logger.error("refund_bounced", refund_id=refund.id, payment_id=payment.id)
        life.add_event(order=order, code="refund_bounced", detail=detail)
        _emit("refund.bounced", order, payment, refund)


def _restock(order: Order, refund: Refund) -> None:
    """Give back the named units, as far as nobody gave them back before (the order may be cancelled meanwhile)."""
    items = {item.order_item_id: item for item in refund.items.all()}
    lines = OrderItem.objects.filter(id__in=list(items))
    back = {line.id: min(items[line.id].quantity, line.quantity - line.restocked_quantity) for line in lines}
    life.restock(order=order, quantities=back, reason=StockMovement.Reason.RETURN, actor=refund.actor)
    for line_id, quantity in back.items():
        items[line_id].restocked_quantity = quantity
        items[line_id].save(update_fields=["restocked_quantity"])


def _emit(name: str, order: Order, payment: Payment, refund: Refund) -> None:
    outbox.emit(
        name,
        resource=answers.refund_resource(refund),
        refund_id=refund.id,
        payment_id=payment.id,
        order_id=order.id,
        order_number=order.order_number,
        amount=str(refund.amount),
        currency=payment.currency,
        is_surplus=payment.is_surplus,
    )
