"""A web worker dies while money moves, as by kill -9: the reconciling job ends it, and nothing is charged twice."""

import http.client
import json
from typing import Any

import pytest

from authentication.tokens import AccessToken
from common.tokens import hash_token
from payments.gateways import dummy_events
from payments.models import DummyCharge, DummyRefund, Payment, Refund
from tests.factories.authentication import staff_user
from tests.factories.payments import a_while_later, breaches, order_worth, paid
from tests.live import LiveShop, running_shop
from tests.payments.webhooks import SECRET, charge_event

CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


def _dies(point: str, path: str, body: Any, **headers: str) -> None:
    """The request is sent to a shop whose worker dies at the point."""
    with running_shop(FAILPOINTS=f"{point}=exit") as doomed, pytest.raises((OSError, http.client.HTTPException)):
        doomed.post(path, body, **headers)


@pytest.mark.parametrize(
    ("point", "ends_as"),
    [
        pytest.param("payment.after_intent", "failed", marks=pytest.mark.slow),
        ("payment.after_gateway", "succeeded"),
        pytest.param("payment.before_commit", "succeeded", marks=pytest.mark.slow),
    ],
)
def test_a_worker_dies_while_it_takes_a_payment(
    transactional_db: None, live_shop: LiveShop, point: str, ends_as: str
) -> None:
    order = order_worth("10.00", user=None, access_token_hash=hash_token("secret"))
    path, headers = f"orders/{order.order_number}/payments/", {"X_Order_Token": "secret", "Idempotency_Key": "k"}

    _dies(point, path, CARD, **headers)
    left = Payment.objects.get().status
    a_while_later()
    repeat = live_shop.post(path, CARD, **headers)

    assert left == "processing"
    assert (repeat.status, repeat.body["status"], repeat.headers["Idempotent-Replayed"]) == (201, ends_as, "true")
    assert Payment.objects.count() == 1
    assert DummyCharge.objects.count() == (1 if ends_as == "succeeded" else 0)
    assert breaches() == []


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("refund.after_intent", marks=pytest.mark.slow),
        "refund.after_gateway",
        pytest.param("refund.before_commit", marks=pytest.mark.slow),
    ],
)
def test_a_worker_dies_while_it_gives_money_back(transactional_db: None, live_shop: LiveShop, point: str) -> None:
    payment = paid(order_worth("10.00"))
    cashier = AccessToken.for_user(staff_user("payments.add_refund"))
    path, body = f"payments/{payment.id}/refunds/", {"amount": "10.00", "restock": True}
    headers = {"Authorization": f"Bearer {cashier}", "Idempotency_Key": "k"}

    _dies(point, path, body, **headers)
    left = Refund.objects.get().status
    a_while_later()
    repeat = live_shop.post(path, body, **headers)

    assert left == "pending"
    assert (repeat.status, repeat.body["status"]) == (201, "succeeded")
    assert Refund.objects.count() == 1
    assert DummyRefund.objects.count() == 1
    assert breaches() == []


@pytest.mark.slow
def test_a_worker_dies_with_a_webhook_in_its_hand(transactional_db: None) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    event = charge_event(payment, "succeeded")
    signature = dummy_events.sign(body=json.dumps(event).encode(), secret=SECRET)

    _dies("webhook.after_store", "payments/webhooks/dummy/", event, Dummy_Signature=signature)
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []
