"""Stripe's webhooks: verified by its library with any of our secrets, and read as facts about our rows."""

from collections.abc import Mapping
from typing import Any

import stripe

from payments.errors import InvalidSignature, MalformedEvent
from payments.gateways.payloads import mapping, optional_text, text
from payments.gateways.protocol import GatewayEvent
from payments.gateways.stripe_facts import gateway_dispute, gateway_refund, own_key, payment_outcome, refund_outcome
from payments.gateways.stripe_settings import webhook_secrets
from payments.models import Payment

HEADER = "Stripe-Signature"
TOLERANCE_SECONDS = 300

PAYMENT_KINDS = {
    "payment_intent.succeeded": Payment.Status.SUCCEEDED,
    "payment_intent.processing": Payment.Status.PROCESSING,
    "payment_intent.payment_failed": Payment.Status.FAILED,
    "payment_intent.canceled": Payment.Status.CANCELLED,
    "payment_intent.requires_action": Payment.Status.PENDING,
}
REFUND_KINDS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
DISPUTE_KINDS = frozenset({"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"})


def verify(*, header: str, body: bytes) -> None:
    """Raise InvalidSignature unless one of the active secrets signed this very body in the last 300 s."""
    try:
        payload = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidSignature("The body is not UTF-8.") from error
    if not header.isascii() or not any(_is_signed_by(secret, header, payload) for secret in webhook_secrets()):
        raise InvalidSignature


def parse(payload: Mapping[str, Any]) -> GatewayEvent:
    """Read an event; kinds that we do not know, and what other shops did, are kept and mean nothing."""
    event_id, kind = text(payload, "id"), text(payload, "type")
    if payload.get("object") != "event":
        raise MalformedEvent("`object` is not `event`.")
    told = mapping(mapping(payload, "data"), "object")
    event = GatewayEvent(event_id, kind, dict(payload))
    if kind in PAYMENT_KINDS:
        return _of_payment(event, told)
    if kind in REFUND_KINDS:
        return _of_refund(event, told)
    if kind in DISPUTE_KINDS and told.get("payment_intent"):
        return GatewayEvent(event_id, kind, event.payload, dispute=gateway_dispute(told))
    if kind == "charge.refunded" and told.get("payment_intent"):
        return GatewayEvent(event_id, kind, event.payload, refunds_of=optional_text(told, "payment_intent"))
    return event


def _of_payment(event: GatewayEvent, told: Mapping[str, Any]) -> GatewayEvent:
    key = own_key(told, "payment_id")
    if key is None:
        return event
    outcome = payment_outcome(told, status=PAYMENT_KINDS[event.kind])
    return GatewayEvent(event.event_id, event.kind, event.payload, payment_key=key, payment_outcome=outcome)


def _of_refund(event: GatewayEvent, told: Mapping[str, Any]) -> GatewayEvent:
    if (key := own_key(told, "refund_id")) is not None:
        outcome = refund_outcome(told)
        return GatewayEvent(event.event_id, event.kind, event.payload, refund_key=key, refund_outcome=outcome)
    if not told.get("payment_intent"):
        return event
    return GatewayEvent(event.event_id, event.kind, event.payload, foreign_refund=gateway_refund(told))


def _is_signed_by(secret: str, header: str, payload: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(payload, header, secret, TOLERANCE_SECONDS))
    except stripe.SignatureVerificationError:
        return False
