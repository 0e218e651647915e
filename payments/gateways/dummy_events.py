"""The dummy gateway's webhooks: how they are signed, verified and read.

The header is `Dummy-Signature: t=<unix seconds>,v1=<hex>[,v1=…]`, each v1 an HMAC-SHA256 over `<t>.<raw body>` with
one of the active secrets. The body is `{"id", "type", "data": {"payment" | "refund", …}}`.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from payments.errors import InvalidSignature, MalformedEvent
from payments.gateways.payloads import mapping, text
from payments.gateways.protocol import GatewayEvent, Outcome, RefundOutcome
from payments.models import Payment, Refund

HEADER = "Dummy-Signature"
TOLERANCE_SECONDS = 300

_SIGNATURE = re.compile(r"t=(?P<time>\d{1,12})(?P<values>(,v1=[0-9a-f]{64}){1,5})")
_CHARGE_KINDS = {
    "charge.pending": Payment.Status.PENDING,
    "charge.succeeded": Payment.Status.SUCCEEDED,
    "charge.failed": Payment.Status.FAILED,
    "charge.cancelled": Payment.Status.CANCELLED,
}
_REFUND_KINDS = {"refund.succeeded": Refund.Status.SUCCEEDED, "refund.failed": Refund.Status.FAILED}


def sign(*, body: bytes, secret: str, timestamp: int | None = None) -> str:
    """The header's value for a body, as the gateway would send it."""
    moment = int(time.time()) if timestamp is None else timestamp
    return f"t={moment},v1={_digest(body=body, secret=secret, timestamp=str(moment))}"


def verify(*, header: str, body: bytes) -> None:
    """Raise InvalidSignature unless one of the active secrets signed this very body in the last 300 s."""
    match = _SIGNATURE.fullmatch(header)
    if match is None:
        raise InvalidSignature("The header Dummy-Signature is missing or malformed.")
    if abs(time.time() - int(match["time"])) > TOLERANCE_SECONDS:
        raise InvalidSignature("The signature is too old or from the future.")
    offered = [value.removeprefix("v1=") for value in match["values"].strip(",").split(",")]
    for secret in active_secrets():
        expected = _digest(body=body, secret=secret, timestamp=match["time"])
        if any(hmac.compare_digest(expected, value) for value in offered):
            return
    raise InvalidSignature


def active_secrets() -> list[str]:
    """The secrets that sign now; several while one replaces another."""
    return [secret for secret in settings.DUMMY_WEBHOOK_SECRETS if secret]


def parse(payload: Mapping[str, Any]) -> GatewayEvent:
    """Read an event; kinds that we do not know are kept and mean nothing."""
    event_id, kind = text(payload, "id"), text(payload, "type")
    data = mapping(payload, "data")
    if kind in _CHARGE_KINDS:
        outcome = Outcome(
            status=_CHARGE_KINDS[kind],
            transaction_id=text(data, "transaction_id"),
            amount=_amount(data),
            currency=text(data, "currency"),
        )
        return GatewayEvent(event_id, kind, dict(payload), text(data, "payment"), outcome)
    if kind in _REFUND_KINDS:
        refund = RefundOutcome(status=_REFUND_KINDS[kind], transaction_id=text(data, "transaction_id"))
        return GatewayEvent(event_id, kind, dict(payload), refund_key=text(data, "refund"), refund_outcome=refund)
    return GatewayEvent(event_id, kind, dict(payload))


def _digest(*, body: bytes, secret: str, timestamp: str) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _amount(data: Mapping[str, Any]) -> Decimal:
    try:
        amount = Decimal(text(data, "amount"))
    except InvalidOperation as error:
        raise MalformedEvent("`amount` is not a number.") from error
    if not amount.is_finite():
        raise MalformedEvent("`amount` is not a number.")
    return amount
