"""Ending what was left open: payments and refunds whose answer was lost, events that could not be applied.

Everything is looked up at its gateway and recorded under the same locks as ever, so the job may run twice at once and
alone brings the books right when every webhook is lost.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from orders.models import Order
from payments.gateways import calls
from payments.gateways.protocol import GatewayTimeout, Outcome
from payments.models import Payment, Refund, WebhookEvent
from payments.services import outcomes, refund_outcomes, refunds, webhooks
from payments.services.payments import withdraw_payment

logger = structlog.stdlib.get_logger(__name__)
Status = Payment.Status

# Of what is due a batch is drawn by lot, so that rows which cannot be ended, however many, starve no other.
BATCH_SIZE = 100
# Who asked is given this long to hear the answer; longer than any gateway's time-out.
GRACE = timedelta(seconds=30)
# A payment that waits for its customer is asked about when its webhook should have come.
PENDING_GRACE = timedelta(minutes=5)
# What its gateway knows and has not ended, such as a direct debit, may take days.
SLOW_GRACE = timedelta(hours=1)
# A customer whose card failed may try again on the same page; after that the attempt is closed at its gateway.
RETRY_GRACE = timedelta(hours=1)
# An intent that the gateway has not seen by then never reached it.
INTENT_LOST_AFTER = timedelta(minutes=5)
EVENT_RETRIED_FOR = timedelta(days=1)
# Money that must go back is offered again after 2, 4, 8 … minutes, for some four hours; then it is up to staff.
FIRST_REFUND_PAUSE = timedelta(minutes=2)
MOST_REFUND_FAILURES = 8


def reconcile(*, now: datetime | None = None) -> int:
    """End what is open at `now`; returns how many rows were looked at. Not to be called inside a transaction."""
    moment = now or timezone.now()
    return sum(
        [
            _each(_events(moment), lambda event_id: webhooks.apply_event(event_row_id=event_id)),
            _each(_payments(moment), lambda payment_id: reconcile_payment(payment_id=payment_id, now=moment)),
            _each(_failed(moment), lambda payment_id: close_failed(payment_id=payment_id)),
            _each(_refunds(moment), lambda refund_id: reconcile_refund(refund_id=refund_id)),
            _each(_owed_back(moment), lambda payment_id: refund_again(payment_id=payment_id)),
        ]
    )


def reconcile_payment(*, payment_id: int, now: datetime) -> Payment:
    """End one payment by what its gateway knows; an intent that it never saw fails after some minutes."""
    payment = Payment.objects.select_related("order").get(id=payment_id)
    if payment.status == Status.PENDING and payment.order.status != Order.Status.PENDING:
        return withdraw_payment(payment_id=payment_id)
    outcome = calls.find(payment)
    if outcome is None:
        if payment.created_at > now - INTENT_LOST_AFTER:
            return payment
        outcome = Outcome(status=Status.FAILED, details={"code": "never_reached_gateway"})
    if outcome.status == payment.status != Status.UNKNOWN:
        _ask_later(Payment.objects.filter(id=payment_id, status=payment.status))
    return outcomes.record(payment_id=payment_id, outcome=outcome)


def close_failed(*, payment_id: int) -> Payment:
    """Have the gateway end a failed attempt for good, so that no later success can go unheard.

    Where the customer had paid it after all, and the webhook that said so was lost, the money is booked.
    """
    payment = Payment.objects.select_related("order").get(id=payment_id)
    outcome = calls.cancel(payment)
    failed = Payment.objects.filter(id=payment_id, status=Status.FAILED)
    if outcome.status in {Status.FAILED, Status.CANCELLED}:
        failed.update(closed_at=timezone.now())
        return payment
    _ask_later(failed)
    return outcomes.record(payment_id=payment_id, outcome=outcome)


def reconcile_refund(*, refund_id: int) -> Refund:
    """End one refund: found at its gateway, or submitted again under the same key."""
    refund = Refund.objects.select_related("payment__order").get(id=refund_id)
    outcome = calls.find_refund(refund)
    if outcome is None:
        return refunds.submit_refund(refund_id=refund_id)
    if outcome.status == refund.status:
        _ask_later(Refund.objects.filter(id=refund_id, status=refund.status))
    return refund_outcomes.record(refund_id=refund_id, outcome=outcome)


def refund_again(*, payment_id: int) -> None:
    """Try anew, under a new key, to give back what the gateway refused before; None is left where a twin was faster."""
    with transaction.atomic():
        refund = refunds.refund_rest(payment_id=payment_id, reason="Tried again, since the gateway refused it.")
    if refund is not None:
        refunds.submit_refund(refund_id=refund.id)


def _ask_later(row: "QuerySet[Payment] | QuerySet[Refund]") -> None:
    """What goes on as it was, by its gateway's word, is asked about again after its grace."""
    row.update(updated_at=timezone.now())


def _events(now: datetime) -> Iterable[int]:
    received = {"received_at__lte": now - GRACE, "received_at__gt": now - EVENT_RETRIED_FOR}
    return WebhookEvent.objects.not_applied().filter(**received).order_by("?").values_list("id", flat=True)


def _payments(now: datetime) -> Iterable[int]:
    due = Payment.objects.to_reconcile(
        unanswered_since=now - GRACE, pending_since=now - PENDING_GRACE, slow_since=now - SLOW_GRACE
    )
    return due.order_by("?").values_list("id", flat=True)


def _failed(now: datetime) -> Iterable[int]:
    due = Payment.objects.to_close(failed_since=now - RETRY_GRACE, stranded_since=now - GRACE)
    return due.order_by("?").values_list("id", flat=True)


def _refunds(now: datetime) -> Iterable[int]:
    due = Refund.objects.to_reconcile(unanswered_since=now - GRACE, slow_since=now - SLOW_GRACE)
    return due.order_by("?").values_list("id", flat=True)


def _owed_back(now: datetime) -> Iterable[int]:
    owed = Payment.objects.owed_back(most_failures=MOST_REFUND_FAILURES)
    for payment_id, failures, last_failure in owed:
        if last_failure + FIRST_REFUND_PAUSE * 2 ** max(failures - 1, 0) <= now:
            yield payment_id


def _each(ids: Iterable[int], operation: Callable[[int], object]) -> int:
    """Do the operation for at most a batch; one that fails is logged and looked at again by the next run."""
    batch = list(ids)[:BATCH_SIZE]
    for row_id in batch:
        try:
            operation(row_id)
        except GatewayTimeout:
            logger.warning("reconcile_gateway_timeout", row_id=row_id)
        except Exception:
            logger.exception("reconcile_failed", row_id=row_id)
    return len(batch)
