"""Giving money back: planned and committed under lock, made at the gateway, recorded in a second transaction.

A refund is counted in its payment's `refunded_amount` from the moment it is committed, so that parallel refunds can
never exceed what was captured; one that the gateway refuses is taken out again.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from authentication.models import User
from common import idempotency
from common.errors import InvalidInput, NotFound
from common.failpoints import failpoint
from orders.models import Order
from payments.errors import PaymentNotCaptured, RefundExceedsPayment
from payments.gateways import calls
from payments.models import Payment, Refund, RefundItem
from payments.services import answers, refund_outcomes
from payments.services.locks import lock_payment
from payments.services.refund_plans import Left, RefundPlan, plan_amount, plan_lines, plan_rest, what_is_left


def refund_payment(
    *,
    payment_id: int,
    amount: Decimal | None = None,
    items: Mapping[int, int] | None = None,
    shipping: bool = False,
    reason: str = "",
    restock: bool = False,
    actor: User | None = None,
    on_intent: Callable[[], int] | None = None,
) -> Refund:
    """Refund an amount, or units by order line id and what is left of shipping; returns it as the gateway left it.

    `on_intent` is called first in the transaction that commits the refund and returns the id of the claim that stands
    for it. With `restock` the named units, or all of them where everything is refunded, go back to stock once the
    money did. Not to be called inside a transaction. Raises NotFound, InvalidInput, PaymentNotCaptured,
    RefundExceedsPayment.
    """
    with transaction.atomic(durable=True):
        claim_id = on_intent() if on_intent else None
        order, payment = lock_payment(payment_id=payment_id)
        left = _what_is_left(order, payment)
        plan = _plan(left, amount, items, shipping=shipping, whole_units=restock)
        refund = commit(payment, plan, reason=reason, restock=restock, actor=actor, claim_id=claim_id)
        if claim_id is not None:
            idempotency.name_resource(claim_id=claim_id, resource=answers.refund_resource(refund))
    failpoint("refund.after_intent")
    return submit_refund(refund_id=refund.id)


def preview_refund(
    *, payment_id: int, amount: Decimal | None = None, items: Mapping[int, int] | None = None, shipping: bool = False
) -> tuple[Payment, Left, RefundPlan]:
    """What is left of a payment and how the refund would be spread; of everything that is left where nothing is named.

    Writes and locks nothing. Raises what `refund_payment` would raise.
    """
    payment = Payment.objects.select_related("order").filter(id=payment_id).first()
    if payment is None:
        raise NotFound
    left = _what_is_left(payment.order, payment)
    if amount is None and not items and not shipping:
        return payment, left, plan_rest(left)
    return payment, left, _plan(left, amount, items, shipping=shipping, whole_units=False)


def refund_rest(*, payment_id: int, reason: str, actor: User | None = None) -> Refund | None:
    """Commit a refund of all that is left of a payment, to be submitted after the transaction; None for nothing.

    Needs a transaction; locks the order, then the payment. The goods are not touched: what the order's cancellation
    gave back to stock is noted on the refund's lines.
    """
    order, payment = lock_payment(payment_id=payment_id)
    if payment.status not in Payment.CAPTURED or payment.refunded_amount >= payment.amount:
        return None
    plan = plan_rest(what_is_left(order=order, payment=payment))
    refund = commit(payment, plan, reason=reason, restock=False, actor=actor, claim_id=None)
    if order.status == Order.Status.CANCELLED and not payment.is_surplus:
        _note_restocked(refund)
    return refund


def submit_refund(*, refund_id: int) -> Refund:
    """Have the gateway make a committed refund and record the answer; one that is settled stays as it is.

    Not to be called inside a transaction. Safe to repeat and to run twice at once: the refund's id is the key.
    """
    refund = Refund.objects.select_related("payment__order").get(id=refund_id)
    if refund.status not in Refund.UNDER_WAY:
        return refund
    outcome = calls.refund(refund)
    failpoint("refund.after_gateway")
    return refund_outcomes.record(refund_id=refund.id, outcome=outcome)


def _what_is_left(order: Order, payment: Payment) -> Left:
    if payment.status not in Payment.CAPTURED:
        raise PaymentNotCaptured(payment_status=payment.status)
    return what_is_left(order=order, payment=payment)


def _plan(
    left: Left, amount: Decimal | None, items: Mapping[int, int] | None, *, shipping: bool, whole_units: bool
) -> RefundPlan:
    if amount is None:
        return plan_lines(left, items or {}, shipping=shipping)
    plan = plan_amount(left, amount)
    if not whole_units:
        return plan
    if amount < left.amount:
        raise InvalidInput.of("restock", "needs_items", "Name the items that come back, or refund everything.")
    return plan_rest(left)


def commit(
    payment: Payment, plan: RefundPlan, *, reason: str, restock: bool, actor: User | None, claim_id: int | None
) -> Refund:
    """Write the refund's rows and the payment's counter, which no parallel refund can push over the amount.

    Needs a transaction that locked the payment. Raises RefundExceedsPayment.
    """
    _count(payment, plan.amount)
    refund = Refund.objects.create(
        payment=payment,
        amount=plan.amount,
        reason=reason,
        shipping_amount=plan.shipping_amount,
        is_by_lines=plan.is_by_lines,
        restock=restock,
        idempotency_key_id=claim_id,
        actor=actor,
    )
    RefundItem.objects.bulk_create(
        RefundItem(
            refund=refund,
            order_item_id=item.order_item_id,
            quantity=item.quantity,
            amount=item.amount,
            tax_amount=item.tax_amount,
        )
        for item in plan.items
    )
    return refund


def _count(payment: Payment, amount: Decimal) -> None:
    """Raise what went back by expression, so that the row's own value decides and not one that was read before."""
    counted = Payment.objects.filter(id=payment.id, refunded_amount__lte=F("amount") - amount).update(
        refunded_amount=F("refunded_amount") + amount
    )
    if not counted:
        raise RefundExceedsPayment(refundable_amount=payment.amount - payment.refunded_amount)


def _note_restocked(refund: Refund) -> None:
    """Count the units that the cancellation gave back and no earlier refund counted, so that their cost falls once."""
    for item in refund.items.select_related("order_item"):
        earlier = RefundItem.objects.in_force().filter(order_item=item.order_item).exclude(id=item.id)
        counted = sum(earlier.values_list("restocked_quantity", flat=True))
        item.restocked_quantity = max(item.order_item.restocked_quantity - counted, 0)
        item.save(update_fields=["restocked_quantity"])
