"""The dummy gateway of development and tests: another system in everything but the process it runs in.

It keeps its own ledger, which commits by itself (gateways are never called inside a transaction of the shop), and
answers as the client's token says.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from common import rows
from common.errors import InvalidInput
from common.locking import lock_row
from common.money import ZERO
from payments.gateways import dummy_events, payloads
from payments.gateways.protocol import (
    GatewayEvent,
    GatewayRefused,
    GatewayTimeout,
    Intent,
    Outcome,
    RefundIntent,
    RefundOutcome,
)
from payments.models import DummyCharge, DummyRefund, Payment, Refund

Status = Payment.Status

# What a charge becomes, by the client's token.
TOKENS = {
    "tok_ok": Status.SUCCEEDED,
    "tok_declined": Status.FAILED,
    "tok_pending": Status.PENDING,
    "tok_timeout": Status.SUCCEEDED,  # charged, but the answer is lost
    "tok_slow": Status.SUCCEEDED,
    "tok_hang": Status.FAILED,  # accepts the request, and neither charges nor answers
    "tok_refund_refused": Status.SUCCEEDED,
    "tok_refund_timeout": Status.SUCCEEDED,
}
SLOW_SECONDS = 3.0


class DummyGateway:
    """Charges and refunds by token, once per key."""

    name = "dummy"
    label = "Test card"
    description = f"For development only: details.token is one of {', '.join(TOKENS)}."

    def clean_details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """The token, which must be a known one, and nothing else."""
        if unknown := set(details) - {"token"}:
            raise InvalidInput.of(f"details.{min(unknown)}", "unknown_field", "This field is not known.")
        token = details.get("token")
        if not isinstance(token, str) or token not in TOKENS:
            raise InvalidInput.of("details.token", "invalid_choice", f"One of {', '.join(TOKENS)}.")
        return {"token": token}

    def start(self, intent: Intent) -> Outcome:
        """Charge as the token says."""
        token = str(intent.details["token"])
        if token == "tok_slow":  # noqa: S105 - names a behaviour
            _dawdle()
        if token == "tok_hang":  # noqa: S105
            time.sleep(settings.PAYMENT_GATEWAY_TIMEOUT_SECONDS)
            raise GatewayTimeout("no answer")
        charge, is_new = _book_charge(intent, token)
        if token == "tok_timeout" and is_new:  # noqa: S105
            raise GatewayTimeout("the answer is lost")
        if charge.status == Status.FAILED:
            raise GatewayRefused("card_declined", "The card was declined.")
        return _outcome(charge)

    def find(self, intent: Intent) -> Outcome | None:
        """The charge with the key."""
        charge = DummyCharge.objects.filter(idempotency_key=intent.key).first()
        return _outcome(charge) if charge else None

    def cancel(self, intent: Intent) -> Outcome:
        """Cancel a pending charge; a charge that was never seen is nothing to cancel."""
        DummyCharge.objects.filter(idempotency_key=intent.key, status=Status.PENDING).update(status=Status.CANCELLED)
        return self.find(intent) or Outcome(status=Status.CANCELLED)

    def refund(self, intent: RefundIntent) -> RefundOutcome:
        """Give back at most what is left of the charge."""
        refund, is_new = _book_refund(intent)
        if refund.charge.token == "tok_refund_timeout" and is_new:  # noqa: S105
            raise GatewayTimeout("the answer is lost")
        return RefundOutcome(status=Refund.Status.SUCCEEDED, transaction_id=refund.transaction_id)

    def find_refund(self, intent: RefundIntent) -> RefundOutcome | None:
        """The refund with the key."""
        refund = DummyRefund.objects.filter(idempotency_key=intent.key).first()
        if refund is None:
            return None
        return RefundOutcome(status=Refund.Status.SUCCEEDED, transaction_id=refund.transaction_id)

    def read_event(self, *, headers: Mapping[str, str], body: bytes) -> GatewayEvent:
        """Verify and read a webhook.

        Who holds the secret speaks for this gateway, so its ledger follows what was said.
        """
        dummy_events.verify(header=headers.get(dummy_events.HEADER, ""), body=body)
        event = dummy_events.parse(payloads.decode(body))
        if event.payment_outcome is not None:
            _follow(event.payment_key or "", event.payment_outcome)
        return event

    def parse_event(self, payload: Mapping[str, Any]) -> GatewayEvent:
        """Read an event that was verified and stored before."""
        return dummy_events.parse(payload)


def _dawdle() -> None:
    time.sleep(min(SLOW_SECONDS, settings.PAYMENT_GATEWAY_TIMEOUT_SECONDS))
    if settings.PAYMENT_GATEWAY_TIMEOUT_SECONDS < SLOW_SECONDS:
        raise GatewayTimeout("too slow")


def _follow(key: str, outcome: Outcome) -> None:
    """A pending charge becomes anything; one that failed or was cancelled can only turn out to have succeeded."""
    changeable = [str(Status.PENDING)]
    if outcome.status == Status.SUCCEEDED:
        changeable += [str(Status.FAILED), str(Status.CANCELLED)]
    rows.change(
        DummyCharge,
        {"status": str(outcome.status)},
        where="idempotency_key = %s AND amount = %s AND currency = %s AND status = ANY(%s)",
        values=[key, outcome.amount, outcome.currency, changeable],
    )


def _book_charge(intent: Intent, token: str) -> tuple[DummyCharge, bool]:
    """The charge of the key, made if it is new."""
    charge = DummyCharge(
        idempotency_key=intent.key,
        transaction_id=f"dummy_ch_{secrets.token_hex(12)}",
        amount=intent.amount,
        currency=intent.currency,
        status=TOKENS[token],
        token=token,
    )
    if rows.insert_new(charge, unique="idempotency_key"):
        return charge, True
    return rows.fetch(DummyCharge, "WHERE idempotency_key = %s", [intent.key])[0], False


def _outcome(charge: DummyCharge) -> Outcome:
    return Outcome(
        status=Status(charge.status),
        transaction_id=charge.transaction_id,
        client_action={"type": "wait"} if charge.status == Status.PENDING else None,
        details={"code": "card_declined"} if charge.status == Status.FAILED else {},
        amount=charge.amount,
        currency=charge.currency,
    )


@transaction.atomic
def _book_refund(intent: RefundIntent) -> tuple[DummyRefund, bool]:
    charge = lock_row(DummyCharge.objects.filter(idempotency_key=intent.payment.key))
    booked = DummyRefund.objects.filter(idempotency_key=intent.key).select_related("charge").first()
    if booked is not None:
        return booked, False
    if charge.token == "tok_refund_refused":  # noqa: S105
        raise GatewayRefused("refund_refused", "The card takes no refunds.")
    refunded = charge.refunds.aggregate(sum=Sum("amount"))["sum"] or ZERO
    if charge.status != Status.SUCCEEDED or refunded + intent.amount > charge.amount:
        raise GatewayRefused("exceeds_charge", "That is more than is left of the charge.")
    refund = DummyRefund.objects.create(
        idempotency_key=intent.key,
        transaction_id=f"dummy_re_{secrets.token_hex(12)}",
        charge=charge,
        amount=intent.amount,
    )
    return refund, True
