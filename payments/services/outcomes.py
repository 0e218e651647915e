"""What a gateway said about a payment becomes true here, whoever heard it: the request, a webhook or the job."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from authentication.models import User
from common import outbox, rows
from common.failpoints import failpoint
from orders.models import Order, OrderEvent
from orders.querysets.orders import OrderQuerySet
from orders.services import life
from payments.errors import OutcomeMismatch
from payments.gateways.protocol import Outcome
from payments.models import Payment
from payments.services import answers
from payments.services.locks import lock_payment

logger = structlog.stdlib.get_logger(__name__)
Status = Payment.Status

# Where each outcome may be heard; anything else is old news and changes nothing.
SOURCES: dict[Status, frozenset[Status]] = {
    # A customer whose card failed may pay otherwise on the same page.
    Status.PROCESSING: frozenset({Status.PENDING, Status.UNKNOWN, Status.FAILED}),
    Status.UNKNOWN: frozenset({Status.PENDING, Status.PROCESSING}),
    Status.PENDING: frozenset({Status.PROCESSING, Status.UNKNOWN}),
    Status.FAILED: frozenset({Status.PENDING, Status.PROCESSING, Status.UNKNOWN}),
    Status.CANCELLED: frozenset({Status.PENDING, Status.PROCESSING, Status.UNKNOWN}),
    # Money that arrives all the same is money: it pays the order or is given back.
    Status.SUCCEEDED: frozenset({Status.PENDING, Status.PROCESSING, Status.UNKNOWN, Status.FAILED, Status.CANCELLED}),
}

# What an outcome changes of a payment.
CHANGED = ("status", "transaction_id", "client_action", "payment_details", "is_surplus", "updated_at")


@transaction.atomic
def record(*, payment_id: int, outcome: Outcome, actor: User | None = None) -> Payment:
    """Record an outcome, in one short transaction that locks the order, then the payment.

    An outcome of another amount, currency or transaction than ours is logged and leaves the payment `unknown`.
    """
    order, payment = lock_payment(payment_id=payment_id)
    try:
        apply(order=order, payment=payment, outcome=outcome, actor=actor)
    except OutcomeMismatch as error:
        logger.exception("gateway_outcome_mismatch", payment_id=payment.id)
        apply(order=order, payment=payment, outcome=Outcome(status=Status.UNKNOWN))
        tell_mismatch(order=order, payment=payment, error=error)
    answers.keep_payment(payment)
    failpoint("payment.before_commit")
    return payment


def apply(*, order: Order, payment: Payment, outcome: Outcome, actor: User | None = None) -> None:
    """Apply an outcome to a locked payment of a locked order; old news changes nothing. Raises OutcomeMismatch."""
    if payment.status not in SOURCES[outcome.status] or _cannot_revive(order, payment, outcome):
        return
    _compare(payment, outcome)
    payment.status = outcome.status
    payment.transaction_id = outcome.transaction_id or payment.transaction_id
    payment.client_action = outcome.client_action if outcome.status == Status.PENDING else None
    if outcome.details:
        payment.payment_details = {**(payment.payment_details or {}), **outcome.details}
    if outcome.status == Status.SUCCEEDED:
        _settle(order, payment, actor)
    elif outcome.status == Status.PENDING:
        _hold(order, payment, outcome)
    elif outcome.status in {Status.FAILED, Status.CANCELLED}:
        _give_up(order, payment)
    rows.save(payment, *CHANGED)


def tell_mismatch(*, order: Order, payment: Payment, error: OutcomeMismatch) -> None:
    """Tell staff, once per payment, that its gateway reports other money than ours; needs the order's lock."""
    about = f"Payment {payment.id}: "
    if not OrderEvent.objects.filter(order=order, code="payment_mismatch", detail__startswith=about).exists():
        life.add_event(order=order, code="payment_mismatch", detail=f"{about}{error}")
        _emit("payment.mismatch", order, payment)


def _cannot_revive(order: Order, payment: Payment, outcome: Outcome) -> bool:
    """Whether a failed attempt that goes on at its gateway is not waited for: another one is, or the order is not."""
    if (payment.status, outcome.status) != (Status.FAILED, Status.PROCESSING):
        return False
    return order.status != Order.Status.PENDING or Payment.objects.in_flight().filter(order=order).exists()


def _compare(payment: Payment, outcome: Outcome) -> None:
    ours = (payment.amount, payment.currency, payment.transaction_id)
    theirs = (
        payment.amount if outcome.amount is None else outcome.amount,
        outcome.currency or payment.currency,
        outcome.transaction_id if payment.transaction_id and outcome.transaction_id else payment.transaction_id,
    )
    if ours != theirs:
        raise OutcomeMismatch(f"we asked for {ours}, the gateway reports {theirs}")


def _settle(order: Order, payment: Payment, actor: User | None) -> None:
    """The money pays the order if it still waits for it; else it is a surplus, which the event has refunded."""
    payment.is_surplus = order.status != Order.Status.PENDING
    if payment.is_surplus:
        detail = f"{payment.amount} {payment.currency} arrived for an order that was settled; it goes back."
        life.add_event(order=order, code="payment_surplus", detail=detail, actor=actor)
    else:
        life.confirm_paid(order=order, actor=actor)
    _emit("payment.succeeded", order, payment)


def _give_up(order: Order, payment: Payment) -> None:
    if payment.status == Status.FAILED:
        life.add_event(order=order, code="payment_failed", detail=f"{payment.amount} {payment.currency}")
        _emit("payment.failed", order, payment)
    # A bank transfer had kept the order for days; from now on it waits as long as a new one would.
    limit = timezone.now() + timedelta(minutes=settings.ORDER_PAYMENT_MINUTES)
    _awaiting(order).filter(expires_at__gt=limit).update(expires_at=limit)


def _hold(order: Order, payment: Payment, outcome: Outcome) -> None:
    if outcome.hold_until is not None:
        _emit("payment.awaited", order, payment)
        _awaiting(order).filter(expires_at__lt=outcome.hold_until).update(expires_at=outcome.hold_until)


def _awaiting(order: Order) -> OrderQuerySet:
    return Order.objects.awaiting_payment().filter(id=order.id)


def _emit(name: str, order: Order, payment: Payment) -> None:
    outbox.emit(
        name,
        resource=answers.payment_resource(payment),
        payment_id=payment.id,
        order_id=order.id,
        order_number=order.order_number,
        amount=str(payment.amount),
        currency=payment.currency,
        is_surplus=payment.is_surplus,
    )
