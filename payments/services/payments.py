"""Starting, capturing and withdrawing payments.

The intent is committed before the gateway is called, its id is the gateway's idempotency key, and what the gateway
said is recorded in a second short transaction (`payments.services.outcomes`). Whatever dies in between is ended by
`payments.services.reconciliation`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from authentication.models import User
from common import idempotency, rows
from common.failpoints import failpoint
from common.limits import counting
from common.limits.policies import Scope, Window, rate_of
from common.money import ZERO
from orders.models import Order
from orders.services import life
from payments.errors import OrderNotPayable, PaymentInProgress, PaymentMethodUnavailable, PaymentNotCapturable
from payments.gateways import bulkhead, calls, registry
from payments.gateways.manual import ManualGateway
from payments.gateways.protocol import GatewayUnavailable, Outcome
from payments.models import Payment
from payments.services import answers, outcomes
from payments.services.locks import lock_payment

Status = Payment.Status
MOST_WITHDRAWALS = 3


def start_payment(
    *,
    order: Order,
    payment_method: str,
    details: Mapping[str, Any] | None = None,
    actor: User | None = None,
    on_intent: Callable[[], int] | None = None,
) -> Payment:
    """Pay an order's total by a gateway; returns the payment as the gateway left it.

    `on_intent` is called first in the transaction that commits the intent and returns the id of the claim that stands
    for it. A pending attempt is withdrawn, at its gateway too, before the new one starts. Not to be called inside a
    transaction. Raises InvalidInput (method or details), OrderNotPayable, PaymentInProgress, RateLimited after too many
    attempts for the order, and PaymentMethodUnavailable, after which nothing was written, while the gateway does not
    answer others.
    """
    kept_details = registry.choose(payment_method).clean_details(details or {})
    try:
        with bulkhead.of(payment_method).place():
            return _start(order, payment_method, kept_details, actor, on_intent)
    except GatewayUnavailable as error:
        raise PaymentMethodUnavailable from error


def _start(
    order: Order,
    payment_method: str,
    kept_details: dict[str, Any],
    actor: User | None,
    on_intent: Callable[[], int] | None,
) -> Payment:
    for _ in range(MOST_WITHDRAWALS):
        payment, is_new = _commit_intent(order.id, payment_method, kept_details, actor, on_intent)
        if is_new:
            break
        withdraw_payment(payment_id=payment.id)
    else:
        raise PaymentInProgress
    failpoint("payment.after_intent")
    outcome = calls.start(payment)
    failpoint("payment.after_gateway")
    return outcomes.record(payment_id=payment.id, outcome=outcome, actor=actor)


def _commit_intent(
    order_id: int,
    payment_method: str,
    details: dict[str, Any],
    actor: User | None,
    on_intent: Callable[[], int] | None,
) -> tuple[Payment, bool]:
    """The new intent, or the pending payment that stands in its way (and nothing written, the claim given back)."""
    with transaction.atomic(durable=True):
        claim_id = on_intent() if on_intent else None
        order = life.lock_order(order_id=order_id)
        if order.status != Order.Status.PENDING or order.total == ZERO:
            raise OrderNotPayable(order_status=order.status)
        attempts = _relevant_attempts(order)
        _check_attempts(attempts)
        in_flight = _find_in_flight(attempts)
        if in_flight is not None:
            if in_flight.status != Status.PENDING:
                raise PaymentInProgress
            transaction.set_rollback(True)
            return in_flight, False
        payment = Payment(
            order=order,
            amount=order.total,
            currency=order.currency,
            status=Status.PROCESSING,
            payment_method=payment_method,
            payment_details=details,
            idempotency_key_id=claim_id,
            actor=actor,
        )
        rows.insert([payment])
        if claim_id is not None:
            idempotency.name_resource(claim_id=claim_id, resource=answers.payment_resource(payment))
        return payment, True


def _relevant_attempts(order: Order) -> list[Payment]:
    """The order's payments that are in flight, and those that LIMIT_PAYMENT counts, the newest first."""
    rate = rate_of(Scope.PAYMENT)
    since = timezone.now() - timedelta(seconds=rate.seconds) if rate else None
    return rows.fetch(
        Payment,
        "WHERE order_id = %s AND (status = ANY(%s) OR created_at > %s) ORDER BY created_at DESC, id DESC",
        [order.id, list(Payment.IN_FLIGHT), since],
    )


def _find_in_flight(attempts: Sequence[Payment]) -> Payment | None:
    return next((payment for payment in attempts if payment.status in Payment.IN_FLIGHT), None)


def _check_attempts(attempts: Sequence[Payment]) -> None:
    """Refuse another attempt, before any gateway hears of it, where the order has had all that LIMIT_PAYMENT allows."""
    rate = rate_of(Scope.PAYMENT)
    if rate is None:
        return
    window, now = timedelta(seconds=rate.seconds), timezone.now()
    counted = [payment.created_at + window for payment in attempts if payment.created_at > now - window]
    if len(counted) >= rate.quota:
        wait = counted[rate.quota - 1] - now
        counting.refuse(Window("payment", "", rate), wait_seconds=wait.total_seconds())


def withdraw_payment(*, payment_id: int) -> Payment:
    """Cancel a pending payment, at its gateway first; what is not pending stays as it is.

    Not to be called inside a transaction. The payment ends as what its gateway says it is: cancelled, or succeeded
    where the customer was faster, or unknown.
    """
    payment = Payment.objects.select_related("order").get(id=payment_id)
    if payment.status != Status.PENDING:
        return payment
    outcome = calls.cancel(payment)
    failpoint("payment.after_cancel")
    return outcomes.record(payment_id=payment.id, outcome=outcome)


@transaction.atomic
def capture_payment(*, payment_id: int, actor: User | None = None) -> Payment:
    """Book the money of a bank transfer that arrived; a surplus where the order waits for it no longer.

    Locks the order, then the payment. Raises NotFound, PaymentNotCapturable.
    """
    order, payment = lock_payment(payment_id=payment_id)
    if payment.payment_method != ManualGateway.name or payment.status in Payment.CAPTURED:
        raise PaymentNotCapturable(payment_status=payment.status)
    outcome = Outcome(status=Status.SUCCEEDED, transaction_id=f"manual-{payment.id}")
    outcomes.apply(order=order, payment=payment, outcome=outcome, actor=actor)
    answers.keep_payment(payment)
    failpoint("payment.before_commit")
    return payment
