"""Stripe's objects as our plain facts: amounts in minor units, payment intents, refunds, disputes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from common.money import round_money
from payments.gateways.payloads import optional_text, text, whole_number
from payments.gateways.protocol import GatewayDispute, GatewayRefund, GatewayRefused, Outcome, RefundOutcome
from payments.models import Payment, Refund

Status = Payment.Status

# Stripe's own list: an amount in these is a number of whole units.
ZERO_DECIMAL_CURRENCIES = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
# Told in hundredths, of which only whole units are taken.
WHOLE_UNITS_ONLY = frozenset({"ISK", "UGX"})

PAYMENT_STATUSES = {
    "requires_payment_method": Status.PENDING,
    "requires_confirmation": Status.PENDING,
    "requires_action": Status.PENDING,
    "requires_capture": Status.PENDING,
    "processing": Status.PROCESSING,
    "succeeded": Status.SUCCEEDED,
    "canceled": Status.CANCELLED,
}
REFUND_STATUSES = {
    "succeeded": Refund.Status.SUCCEEDED,
    "failed": Refund.Status.FAILED,
    "canceled": Refund.Status.FAILED,
}
CLOSED_DISPUTES = frozenset({"won", "lost", "warning_closed", "prevented"})


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount as Stripe wants it; raises GatewayRefused for parts of a unit that the currency does not have."""
    has_cents = currency not in ZERO_DECIMAL_CURRENCIES | WHOLE_UNITS_ONLY
    if not has_cents and amount != amount.to_integral_value():
        raise GatewayRefused("amount_not_whole", f"{currency} has no smaller unit, so {amount} cannot be charged.")
    return int(amount if currency in ZERO_DECIMAL_CURRENCIES else amount * 100)


def from_minor(units: int, currency: str) -> Decimal:
    """An amount of Stripe's as the shop keeps it."""
    return round_money(Decimal(units) if currency in ZERO_DECIMAL_CURRENCIES else Decimal(units) / 100)


def own_key(described: Mapping[str, Any], name: str) -> str | None:
    """Our id among an object's metadata; None where another shop, or a person, made it."""
    metadata = described.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("shop") != settings.STRIPE_REFERENCE_PREFIX:
        return None
    key = metadata.get(name)
    return key if isinstance(key, str) else None


def payment_outcome(intent: Mapping[str, Any], *, status: Status | None = None) -> Outcome:
    """What a payment intent says, in a status that an event names or in its own."""
    said = text(intent, "status")
    became = status or _status_of(intent, said)
    currency = text(intent, "currency").upper()
    # What was received is what counts; an intent may be captured in part at Stripe.
    received = "amount_received" if became == Status.SUCCEEDED and "amount_received" in intent else "amount"
    return Outcome(
        status=became,
        transaction_id=text(intent, "id"),
        client_action=_client_action(intent, said) if became == Status.PENDING else None,
        details={"gateway_status": said, **(_failure(intent) if became == Status.FAILED else {})},
        amount=from_minor(whole_number(intent, received), currency),
        currency=currency,
    )


def refund_outcome(refund: Mapping[str, Any]) -> RefundOutcome:
    """What a refund says; those on their way may take days."""
    status = REFUND_STATUSES.get(text(refund, "status"), Refund.Status.PROCESSING)
    return RefundOutcome(status, transaction_id=text(refund, "id"), detail=optional_text(refund, "failure_reason"))


def gateway_refund(refund: Mapping[str, Any]) -> GatewayRefund:
    """A refund with what is needed to book it here."""
    currency = text(refund, "currency").upper()
    return GatewayRefund(
        transaction_id=text(refund, "id"),
        payment_transaction_id=optional_text(refund, "payment_intent"),
        amount=from_minor(whole_number(refund, "amount"), currency),
        currency=currency,
        outcome=refund_outcome(refund),
        key=own_key(refund, "refund_id"),
    )


def gateway_dispute(dispute: Mapping[str, Any]) -> GatewayDispute:
    """A dispute as Stripe tells it."""
    currency, status = text(dispute, "currency").upper(), text(dispute, "status")
    return GatewayDispute(
        transaction_id=text(dispute, "id"),
        payment_transaction_id=optional_text(dispute, "payment_intent"),
        amount=from_minor(whole_number(dispute, "amount"), currency),
        currency=currency,
        reason=optional_text(dispute, "reason"),
        status=status,
        is_closed=status in CLOSED_DISPUTES,
    )


def _status_of(intent: Mapping[str, Any], said: str) -> Status:
    if said == "requires_payment_method" and intent.get("last_payment_error"):
        return Status.FAILED
    return PAYMENT_STATUSES.get(said, Status.UNKNOWN)


def _client_action(intent: Mapping[str, Any], said: str) -> dict[str, Any]:
    """What Stripe.js needs to go on: to take the card, or to have its owner confirm."""
    return {
        "type": "stripe",
        "client_secret": text(intent, "client_secret"),
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "payment_intent": text(intent, "id"),
        "payment_intent_status": said,
    }


def _failure(intent: Mapping[str, Any]) -> dict[str, str]:
    error = intent.get("last_payment_error")
    described = error if isinstance(error, dict) else {}
    code = optional_text(described, "decline_code") or optional_text(described, "code") or "card_declined"
    return {"code": code, "detail": optional_text(described, "message")}
