"""Refunds made in a gateway's own dashboard become refunds here, so that the books say what happened to the money."""

from decimal import Decimal

from django.db import transaction

from common import outbox
from common.errors import NotFound
from orders.models import Order
from orders.services import life
from payments.errors import OutcomeMismatch
from payments.gateways import calls
from payments.gateways.protocol import GatewayRefund
from payments.models import Payment, Refund
from payments.services import answers, refund_outcomes, refunds
from payments.services.locks import lock_payment, lock_refund
from payments.services.refund_plans import plan_amount, what_is_left

REASON = "Refunded at the payment provider."


def find_payment(*, gateway: str, transaction_id: str) -> int:
    """The id of the gateway's payment with this transaction; raises NotFound."""
    named = Payment.objects.filter(payment_method=gateway, transaction_id=transaction_id)
    payment_id = named.values_list("id", flat=True).first()
    if payment_id is None:
        raise NotFound("No payment of ours has this transaction.")
    return payment_id


def book(*, payment_id: int, told: GatewayRefund) -> None:
    """Book a refund that nobody asked for here, or follow one that was booked before; safe to repeat.

    Needs a transaction; locks the order, then the payment. The goods stay where they are. Raises OutcomeMismatch for
    more than is left of the payment, another currency, or a payment whose money has not arrived here.
    """
    order, payment = lock_payment(payment_id=payment_id)
    known = payment.refunds.filter(refund_transaction_id=told.transaction_id).first()
    if known is not None:
        refund_outcomes.apply(order=order, payment=payment, refund=_again(known, payment), outcome=told.outcome)
    elif told.outcome.status != Refund.Status.FAILED:
        _book_new(order, payment, told)


def look_for_refunds(*, payment_id: int) -> None:
    """Book and follow all refunds that the gateway lists of a payment. Not to be called inside a transaction."""
    payment = Payment.objects.select_related("order").get(id=payment_id)
    for told in calls.refunds_of(payment):
        with transaction.atomic():
            if told.key is None:
                book(payment_id=payment_id, told=told)
            else:
                _follow_own(payment_id, told, told.key)


def _follow_own(payment_id: int, told: GatewayRefund, key: str) -> None:
    if key.isdecimal() and Refund.objects.filter(id=int(key), payment_id=payment_id).exists():
        order, payment, refund = lock_refund(refund_id=int(key))
        refund_outcomes.apply(order=order, payment=payment, refund=refund, outcome=told.outcome)
        answers.keep_refund(refund)


def _book_new(order: Order, payment: Payment, told: GatewayRefund) -> None:
    left = what_is_left(order=order, payment=payment)
    if payment.status not in Payment.CAPTURED or told.currency != payment.currency or told.amount > left.amount:
        raise OutcomeMismatch(f"{told.amount} {told.currency} went back; {_left(payment, left.amount)} is left here")
    plan = plan_amount(left, told.amount)
    refund = refunds.commit(payment, plan, reason=REASON, restock=False, actor=None, claim_id=None)
    life.add_event(
        order=order, code="refund_at_gateway", detail=f"{told.amount} {told.currency}, {told.transaction_id}"
    )
    outbox.emit(
        "refund.external",
        resource=answers.refund_resource(refund),
        refund_id=refund.id,
        payment_id=payment.id,
        order_id=order.id,
        order_number=order.order_number,
        amount=str(refund.amount),
        currency=payment.currency,
    )
    payment.refresh_from_db(fields=["refunded_amount"])
    refund_outcomes.apply(order=order, payment=payment, refund=refund, outcome=told.outcome)


def _again(refund: Refund, payment: Payment) -> Refund:
    refund.payment = payment
    return refund


def _left(payment: Payment, amount: Decimal) -> str:
    return f"{amount if payment.status in Payment.CAPTURED else 0} {payment.currency}"
