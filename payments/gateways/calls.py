"""The one door to the gateways: never inside a transaction, every refusal and silence turned into an outcome."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import transaction

from payments.gateways import bulkhead, registry
from payments.gateways.protocol import (
    Gateway,
    GatewayRefund,
    GatewayRefused,
    GatewayTimeout,
    GatewayUnavailable,
    Intent,
    Outcome,
    RefundIntent,
    RefundLister,
    RefundOutcome,
)
from payments.models import Payment, Refund

logger = structlog.stdlib.get_logger(__name__)
Result = TypeVar("Result")
Subject = TypeVar("Subject", Intent, RefundIntent)


def start(payment: Payment) -> Outcome:
    """Begin a payment: `unknown` where the gateway did not answer, `failed` where it said no.

    To be called with a place at the gateway's bulkhead, so that nobody is turned away once the intent is committed.
    """
    gateway = registry.of_payment(payment.payment_method)
    try:
        return _call("start", gateway, gateway.start, intent_of(payment))
    except GatewayRefused as refused:
        details = {"code": refused.code, "detail": refused.detail}
        return Outcome(status=Payment.Status.FAILED, details=details)
    except GatewayTimeout:
        return Outcome(status=Payment.Status.UNKNOWN)


def cancel(payment: Payment) -> Outcome:
    """Withdraw a pending payment; the outcome is what it really is, `unknown` where the gateway did not answer.

    Raises GatewayUnavailable where it was not asked.
    """
    gateway = registry.of_payment(payment.payment_method)
    try:
        return _call("cancel", gateway, gateway.cancel, intent_of(payment))
    except GatewayUnavailable:
        raise
    except (GatewayRefused, GatewayTimeout):
        return Outcome(status=Payment.Status.UNKNOWN)


def find(payment: Payment) -> Outcome | None:
    """What the gateway knows of a payment, None if it never saw it; raises GatewayTimeout."""
    gateway = registry.of_payment(payment.payment_method)
    return _call("find", gateway, gateway.find, intent_of(payment))


def refund(refund: Refund) -> RefundOutcome:
    """Give money back: `processing` where the gateway did not answer, `failed` where it said no."""
    gateway = registry.of_payment(refund.payment.payment_method)
    try:
        return _call("refund", gateway, gateway.refund, refund_intent_of(refund))
    except GatewayRefused as refused:
        return RefundOutcome(status=Refund.Status.FAILED, detail=refused.detail)
    except GatewayTimeout:
        return RefundOutcome(status=Refund.Status.PROCESSING)


def find_refund(refund: Refund) -> RefundOutcome | None:
    """What the gateway knows of a refund, None if it never saw it; raises GatewayTimeout."""
    gateway = registry.of_payment(refund.payment.payment_method)
    return _call("find_refund", gateway, gateway.find_refund, refund_intent_of(refund))


def refunds_of(payment: Payment) -> list[GatewayRefund]:
    """All refunds that the gateway made of a payment, none where it cannot list them; raises GatewayTimeout."""
    gateway = registry.of_payment(payment.payment_method)
    if not isinstance(gateway, RefundLister):
        return []
    return _call("refunds_of", gateway, gateway.refunds_of, intent_of(payment))


def intent_of(payment: Payment) -> Intent:
    """The payment as its gateway sees it."""
    return Intent(
        key=str(payment.id),
        amount=payment.amount,
        currency=payment.currency,
        order_number=payment.order.order_number,
        details=payment.payment_details or {},
        transaction_id=payment.transaction_id,
        ordered_at=payment.order.created_at,
    )


def refund_intent_of(refund: Refund) -> RefundIntent:
    """The refund as its gateway sees it."""
    payment = refund.payment
    return RefundIntent(
        key=str(refund.id),
        amount=refund.amount,
        currency=payment.currency,
        payment=intent_of(payment),
        transaction_id=refund.refund_transaction_id,
    )


def _call(
    operation: str, gateway: Gateway | RefundLister, method: Callable[[Subject], Result], intent: Subject
) -> Result:
    _require_no_transaction()
    guard = bulkhead.of(gateway.name)
    try:
        with guard.place(), guard.counted():
            return method(intent)
    except GatewayTimeout:
        logger.warning("gateway_timeout", operation=operation, key=intent.key)
        raise


def _require_no_transaction() -> None:
    """A slow gateway must hold no lock, and what it did cannot be rolled back.

    An empty durable block is how Django tells a transaction of ours from one that wraps a test.
    """
    with transaction.atomic(durable=True):
        pass
