"""Events of gateways: stored first, then applied once, whatever their order and however often they come."""

from dataclasses import replace

import structlog
from django.db import transaction
from django.utils import timezone

from common import outbox, rows
from common.errors import NotFound
from common.failpoints import failpoint
from common.privacy import without_person
from payments.errors import OutcomeMismatch
from payments.gateways import registry
from payments.gateways.protocol import GatewayDispute, GatewayEvent, GatewayRefund, Outcome, RefundOutcome
from payments.models import Payment, WebhookEvent
from payments.services import answers, disputes, foreign_refunds, outcomes, refund_outcomes
from payments.services.foreign_refunds import find_payment
from payments.services.locks import lock_payment, lock_refund

logger = structlog.stdlib.get_logger(__name__)
MAX_ERROR_LENGTH = 1000
MAX_KEY_DIGITS = 18


def receive_event(*, gateway: str, event: GatewayEvent) -> None:
    """Store a verified event and apply it; one that cannot be applied yet stays for the reconciling job."""
    stored, is_new = _store(gateway, event)
    failpoint("webhook.after_store")
    if is_new:
        _apply_stored(event, stored)
    elif stored.applied_at is None:
        apply_event(event_row_id=stored.id)


def apply_event(*, event_row_id: int) -> bool:
    """Apply a stored event unless that was done before; tells whether it is applied now.

    What it says is compared with our own intent; an event that does not fit changes nothing and is logged.
    """
    row = WebhookEvent.objects.get(id=event_row_id)
    return _apply_stored(registry.event_source(row.gateway).parse_event(row.payload), row)


def _apply_stored(event: GatewayEvent, row: WebhookEvent) -> bool:
    try:
        with transaction.atomic():
            _apply(event, row)
            failpoint("webhook.before_commit")
    except (NotFound, OutcomeMismatch) as error:
        logger.exception("webhook_not_applied", gateway=row.gateway, event_id=row.event_id)
        text = f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]
        WebhookEvent.objects.not_applied().filter(id=row.id).update(last_error=text)
        if isinstance(error, OutcomeMismatch) and event.payment_key is not None:
            _tell_mismatch(event.payment_key, error)
        return False
    return True


def _store(gateway: str, event: GatewayEvent) -> tuple[WebhookEvent, bool]:
    """The event's row, committed by itself, and whether it is new: the first one counts where it is told again."""
    row = WebhookEvent(gateway=gateway, event_id=event.event_id, kind=event.kind, payload=without_person(event.payload))
    if rows.insert_new(row, unique="gateway, event_id"):
        return row, True
    return rows.fetch(WebhookEvent, "WHERE gateway = %s AND event_id = %s", [gateway, event.event_id])[0], False


def _apply(event: GatewayEvent, row: WebhookEvent) -> None:
    if event.payment_outcome is not None:
        _apply_to_payment(event, row, event.payment_outcome)
    elif event.refund_outcome is not None:
        _apply_to_refund(event, row, event.refund_outcome)
    elif event.foreign_refund is not None:
        _apply_foreign_refund(row, event.foreign_refund)
    elif event.dispute is not None:
        _apply_dispute(row, event.dispute)
    elif event.refunds_of is not None:
        _look_for_refunds(row, event.refunds_of)
    elif _is_new(row):
        logger.info("webhook_of_no_concern", gateway=row.gateway, kind=row.kind)


def _apply_to_payment(event: GatewayEvent, row: WebhookEvent, outcome: Outcome) -> None:
    order, payment = lock_payment(payment_id=_own_id(event.payment_key))
    _require_own_gateway(payment.payment_method, row)
    if _is_new(row):
        outcomes.apply(order=order, payment=payment, outcome=_in_doubt(payment, outcome))
        answers.keep_payment(payment)


def _in_doubt(payment: Payment, outcome: Outcome) -> Outcome:
    """A failure told of a payment that is on its way may be of an earlier try: unknown, so that the job asks."""
    was_on_its_way = (payment.payment_details or {}).get("gateway_status") == "processing"
    if outcome.status == Payment.Status.FAILED and payment.status == Payment.Status.PROCESSING and was_on_its_way:
        return replace(outcome, status=Payment.Status.UNKNOWN, details={})
    return outcome


def _apply_to_refund(event: GatewayEvent, row: WebhookEvent, outcome: RefundOutcome) -> None:
    order, payment, refund = lock_refund(refund_id=_own_id(event.refund_key))
    _require_own_gateway(payment.payment_method, row)
    if _is_new(row):
        refund_outcomes.apply(order=order, payment=payment, refund=refund, outcome=outcome)
        answers.keep_refund(refund)


def _apply_foreign_refund(row: WebhookEvent, told: GatewayRefund) -> None:
    payment_id = find_payment(gateway=row.gateway, transaction_id=told.payment_transaction_id)
    lock_payment(payment_id=payment_id)
    if _is_new(row):
        foreign_refunds.book(payment_id=payment_id, told=told)


def _apply_dispute(row: WebhookEvent, told: GatewayDispute) -> None:
    payment_id = find_payment(gateway=row.gateway, transaction_id=told.payment_transaction_id)
    lock_payment(payment_id=payment_id)
    if _is_new(row):
        disputes.record(payment_id=payment_id, told=told)


def _look_for_refunds(row: WebhookEvent, transaction_id: str) -> None:
    """The event only says that there are some; a handler asks the gateway which, outside of this transaction."""
    payment_id = find_payment(gateway=row.gateway, transaction_id=transaction_id)
    if _is_new(row):
        outbox.emit("payment.refunds_changed", resource=f"payment:{payment_id}", payment_id=payment_id)


def _is_new(row: WebhookEvent) -> bool:
    """Mark the event applied, by an update that waits for a twin's; False where the twin was faster."""
    done = {"applied_at": timezone.now(), "last_error": ""}
    return bool(rows.change(WebhookEvent, done, where="id = %s AND applied_at IS NULL", values=[row.id]))


@transaction.atomic
def _tell_mismatch(payment_key: str, error: OutcomeMismatch) -> None:
    order, payment = lock_payment(payment_id=_own_id(payment_key))
    outcomes.tell_mismatch(order=order, payment=payment, error=error)


def _own_id(key: str | None) -> int:
    if key is None or not (key.isascii() and key.isdigit() and len(key) <= MAX_KEY_DIGITS):
        raise NotFound("The event names no key of ours.")
    return int(key)


def _require_own_gateway(payment_method: str, row: WebhookEvent) -> None:
    if payment_method != row.gateway:
        raise NotFound("The event is about a payment of another gateway.")
