"""What customers, Stripe and its dashboard do in the tests of the Stripe gateway."""

import hashlib
import hmac
import json
import time
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from orders.models import Order
from payments.models import Payment
from payments.services import payments
from tests.payments.stripe_server import WEBHOOK_SECRET, StripeServer

URL = "/api/v1/payments/webhooks/stripe/"
_ids = count(1)


def pay_by_card(order: Order, method: str | None = "pm_card_visa") -> Payment:
    """The order's payment, confirmed by the shop with this card, or left to the customer's browser for None."""
    details = {} if method is None else {"payment_method": method}
    payment = payments.start_payment(order=order, payment_method="stripe", details=details)
    order.refresh_from_db()
    return payment


def confirm_in_browser(stripe: StripeServer, payment: Payment, card: str = "pm_card_visa") -> dict[str, Any]:
    """What Stripe.js does with the client secret; returns the intent."""
    path = f"payment_intents/{payment.transaction_id}"
    stripe.call("POST", path, payment_method=card)
    stripe.forward("POST", f"/v1/{path}/confirm", b"")
    return intent_of(stripe, payment)


def intent_of(stripe: StripeServer, payment: Payment) -> dict[str, Any]:
    """The payment's intent as Stripe keeps it."""
    intent: dict[str, Any] = stripe.call("GET", f"payment_intents/{payment.transaction_id}")
    return intent


def refunds_at(stripe: StripeServer, payment: Payment) -> list[dict[str, Any]]:
    """The payment's refunds as Stripe keeps them."""
    listed: list[dict[str, Any]] = stripe.call("GET", f"refunds?payment_intent={payment.transaction_id}")["data"]
    return listed


def event(kind: str, described: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    """An event in the shape that Stripe documents; `changes` are told instead of the truth."""
    return {
        "id": f"evt_of_test_{next(_ids)}",
        "object": "event",
        "api_version": "2026-10-28",
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": {**described, **changes}},
    }


def signature(body: bytes, *, secret: str = WEBHOOK_SECRET, age: int = 0) -> str:
    """The header as Stripe documents it, made without its library."""
    moment = int(time.time()) - age
    return f"t={moment},v1={digest(body, secret=secret, moment=moment)}"


def digest(body: bytes, *, secret: str, moment: int) -> str:
    """The value of one v1."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def send(client: APIClient, told: dict[str, Any] | bytes, *, header: str | None = None) -> Any:
    """Post an event, signed now unless a header is given."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return client.post(
        URL,
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body) if header is None else header},
    )
