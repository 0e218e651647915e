"""Paying, refunding and hearing a webhook break at each step: the reconciling job brings the books right."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from common.failpoints import FailpointReached
from orders.models import Order
from payments.models import DummyCharge, DummyRefund, Payment, Refund
from payments.services import payments
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.payments import a_while_later, breaches, buyer, order_worth, paid
from tests.payments.webhooks import charge_event, send

pytestmark = pytest.mark.django_db(transaction=True)

KEY = {"Idempotency-Key": "once"}
CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


@contextmanager
def _breaking(point: str) -> Iterator[None]:
    """The point raises, and must be reached."""
    with override_settings(FAILPOINTS=f"{point}=raise"), pytest.raises(FailpointReached):
        yield


def _pay(client: APIClient, order: Order, key: str = "once") -> Any:
    path = f"/api/v1/orders/{order.order_number}/payments/"
    return client.post(path, CARD, format="json", headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("point", "ends_as"),
    [
        ("payment.after_intent", "failed"),
        ("payment.after_gateway", "succeeded"),
        ("payment.before_commit", "succeeded"),
    ],
)
def test_a_payment_breaks(client_for: ApiClientFor, point: str, ends_as: str) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))

    with _breaking(point):
        _pay(client, order)
    meanwhile = _pay(client, order)
    other = _pay(client, order, key="another")
    a_while_later()
    repeat = _pay(client, order)

    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency_key_in_use")
    assert meanwhile.headers["Retry-After"] == "1"
    assert (other.status_code, other.json()["code"]) == (409, "payment_in_progress")
    assert (repeat.status_code, repeat.headers["Idempotent-Replayed"]) == (201, "true")
    assert repeat.json()["status"] == ends_as
    order.refresh_from_db()
    assert order.status == ("confirmed" if ends_as == "succeeded" else "pending")
    assert DummyCharge.objects.count() == (1 if ends_as == "succeeded" else 0)
    assert Payment.objects.count() == 1
    assert breaches() == []


@pytest.mark.parametrize("point", ["payment.after_cancel", "payment.before_commit"])
def test_withdrawing_a_pending_payment_breaks(point: str) -> None:
    order = order_worth("10.00")
    pending = paid(order, "tok_pending")

    with _breaking(point):
        payments.start_payment(order=order, payment_method="dummy", details={"token": "tok_ok"})
    a_while_later()

    pending.refresh_from_db()
    assert pending.status == "cancelled"
    assert paid(order).status == "succeeded"
    assert breaches() == []


def test_a_capture_breaks(client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    payment = payments.start_payment(order=order, payment_method="manual")
    cashier = client_for(staff_user("payments.change_payment"))

    with _breaking("payment.before_commit"):
        cashier.post(f"/api/v1/payments/{payment.id}/capture/", format="json", headers=KEY)
    payment.refresh_from_db()
    assert payment.status == "pending"
    response = cashier.post(f"/api/v1/payments/{payment.id}/capture/", format="json", headers=KEY)

    assert (response.status_code, response.json()["status"]) == (200, "succeeded")
    assert breaches() == []


@pytest.mark.parametrize("point", ["refund.after_intent", "refund.after_gateway", "refund.before_commit"])
def test_a_refund_breaks(client_for: ApiClientFor, point: str) -> None:
    payment = paid(order_worth("10.00"))
    cashier = client_for(staff_user("payments.add_refund"))
    path, body = f"/api/v1/payments/{payment.id}/refunds/", {"amount": "10.00", "restock": True}

    with _breaking(point):
        cashier.post(path, body, format="json", headers=KEY)
    another = cashier.post(path, {"amount": "0.01"}, format="json", headers={"Idempotency-Key": "another"})
    a_while_later()
    repeat = cashier.post(path, body, format="json", headers=KEY)

    assert (another.status_code, another.json()["code"]) == (409, "refund_exceeds_payment")
    assert (repeat.status_code, repeat.json()["status"]) == (201, "succeeded")
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert DummyRefund.objects.count() == 1
    assert Refund.objects.count() == 1
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.order.status) == ("refunded", "refunded")
    assert breaches() == []


@pytest.mark.parametrize("point", ["webhook.after_store", "webhook.before_commit"])
@pytest.mark.parametrize("sent_again", [True, False])
def test_a_webhook_breaks(guest: APIClient, point: str, sent_again: bool) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    event = charge_event(payment, "succeeded")

    with _breaking(point):
        send(guest, event)
    if sent_again:
        assert send(guest, event).status_code == 200
    else:
        a_while_later()

    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []
