"""POST payments/webhooks/{gateway}/: only what the gateway signed, applied once, in whatever order."""

import json
import time
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from orders.models import OrderEvent
from orders.services import life
from payments.gateways import dummy_events
from payments.models import DummyCharge, Payment, Refund, WebhookEvent
from payments.services import refunds
from tests.factories.payments import a_while_later, breaches, order_worth, paid
from tests.payments.webhooks import SECRET, charge_event, refund_event, send

pytestmark = pytest.mark.django_db


def _pending() -> Payment:
    return paid(order_worth("10.00"), "tok_pending")


def test_success_confirms_the_order(guest: APIClient) -> None:
    payment = _pending()

    response = send(guest, charge_event(payment, "succeeded"))

    assert (response.status_code, response.json()) == (200, {"received": True})
    payment.refresh_from_db()
    assert (payment.status, payment.order.status, payment.client_action) == ("succeeded", "confirmed", None)
    row = WebhookEvent.objects.get()
    assert (row.gateway, row.kind, row.last_error) == ("dummy", "charge.succeeded", "")
    assert row.applied_at is not None
    assert breaches() == []


def test_a_repeat_changes_nothing(guest: APIClient) -> None:
    payment = _pending()
    event = charge_event(payment, "succeeded")

    answers = [send(guest, event).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert WebhookEvent.objects.count() == 1
    assert OrderEvent.objects.filter(order=payment.order, code="confirmed").count() == 1
    assert breaches() == []


def test_failure_leaves_the_order_payable(guest: APIClient) -> None:
    payment = _pending()

    send(guest, charge_event(payment, "failed"))

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("failed", "pending")
    assert paid(payment.order).status == "succeeded"
    assert breaches() == []


@pytest.mark.parametrize("late", ["failed", "pending", "cancelled"])
def test_old_news_after_success_change_nothing(guest: APIClient, late: str) -> None:
    payment = _pending()
    send(guest, charge_event(payment, "succeeded"))

    send(guest, charge_event(payment, late))

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert not WebhookEvent.objects.filter(applied_at=None).exists()
    assert breaches() == []


def test_success_after_failure_still_pays(guest: APIClient) -> None:
    payment = _pending()
    send(guest, charge_event(payment, "failed"))

    send(guest, charge_event(payment, "succeeded"))

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


def test_success_for_a_cancelled_order_goes_back(guest: APIClient) -> None:
    payment = _pending()
    life.cancel(order_number=payment.order.order_number)

    send(guest, charge_event(payment, "succeeded"))
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.is_surplus, payment.order.status) == ("refunded", True, "cancelled")
    assert breaches() == []


def test_it_may_come_before_our_own_answer(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_timeout")

    send(guest, charge_event(payment, "succeeded"))
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert OrderEvent.objects.filter(order=payment.order, code="confirmed").count() == 1
    assert breaches() == []


@pytest.mark.parametrize(
    "lie",
    [{"amount": "0.01"}, {"amount": "10.01"}, {"currency": "EUR"}, {"transaction_id": "dummy_ch_other"}],
)
def test_what_does_not_fit_our_intent_pays_nothing(guest: APIClient, lie: dict[str, str]) -> None:
    payment = _pending()

    response = send(guest, charge_event(payment, "succeeded", **lie))

    assert response.status_code == 200
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("pending", "pending")
    row = WebhookEvent.objects.get()
    assert row.applied_at is None
    assert row.last_error.startswith("OutcomeMismatch")


@pytest.mark.parametrize("key", ["987654321", "not-a-number", "9" * 40, "-1"])
def test_a_payment_that_is_not_ours_is_kept_for_later(guest: APIClient, key: str) -> None:
    payment = _pending()

    response = send(guest, charge_event(payment, "succeeded", payment=key))

    assert response.status_code == 200
    assert WebhookEvent.objects.get().applied_at is None
    payment.refresh_from_db()
    assert payment.status == "pending"


def test_a_payment_of_another_gateway_is_left_alone(guest: APIClient) -> None:
    payment = _pending()
    event = charge_event(payment, "succeeded")
    Payment.objects.update(payment_method="manual")

    send(guest, event)

    assert Payment.objects.get().status == "pending"
    assert WebhookEvent.objects.get().applied_at is None


def test_unknown_kinds_are_kept_and_mean_nothing(guest: APIClient) -> None:
    response = send(guest, {"id": "evt_new", "type": "customer.created", "data": {}})

    assert response.status_code == 200
    assert WebhookEvent.objects.get().applied_at is not None


def test_a_refund_s_end_is_told(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_refund_timeout")
    refund = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    send(guest, refund_event(refund, "succeeded"))

    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.status, payment.order.status) == ("succeeded", "refunded", "refunded")
    assert breaches() == []


def test_every_active_secret_signs(guest: APIClient) -> None:
    with override_settings(DUMMY_WEBHOOK_SECRETS=["new", SECRET]):
        for secret in ("new", SECRET):
            payment = _pending()
            assert send(guest, charge_event(payment, "succeeded"), secret=secret).status_code == 200
            payment.refresh_from_db()
            assert payment.status == "succeeded"


def test_one_good_signature_among_several_is_enough(guest: APIClient) -> None:
    payment = _pending()
    body = json.dumps(charge_event(payment, "succeeded")).encode()
    now = int(time.time())
    good = dummy_events.sign(body=body, secret=SECRET, timestamp=now)

    assert send(guest, body, signature=f"t={now},v1={'0' * 64},{good.partition(',')[2]}").status_code == 200


def _signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> str:
    return dummy_events.sign(body=body, secret=secret, timestamp=int(time.time()) - age)


FORGERIES: dict[str, Any] = {
    "no signature": lambda body: (body, ""),
    "nonsense": lambda body: (body, "t=now,v1=abc"),
    "no value": lambda body: (body, f"t={int(time.time())}"),
    "wrong secret": lambda body: (body, _signed(body, secret="guessed")),
    "empty secret": lambda body: (body, _signed(body, secret="")),
    "another body": lambda body: (body.replace(b"10.00", b"99.00"), _signed(body)),
    "written again": lambda body: (json.dumps(json.loads(body), indent=1).encode(), _signed(body)),
    "too old": lambda body: (body, _signed(body, age=301)),
    "from the future": lambda body: (body, _signed(body, age=-310)),
    "another time": lambda body: (body, _signed(body).replace("t=", "t=1")),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_writes_nothing(guest: APIClient, name: str) -> None:
    payment = _pending()
    body, signature = FORGERIES[name](json.dumps(charge_event(payment, "succeeded")).encode())

    with override_settings(DUMMY_WEBHOOK_SECRETS=[SECRET, ""]):
        response = send(guest, body, signature=signature)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_signature")
    payment.refresh_from_db()
    assert payment.status == "pending"
    assert DummyCharge.objects.get().status == "pending"
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"null",
        b'{"id": "evt_1"}',
        b'{"id": 1, "type": "charge.succeeded", "data": {}}',
        b'{"id": "evt_1", "type": "charge.succeeded", "data": []}',
        b'{"id": "evt_1", "type": "charge.succeeded", "data": {"payment": "1"}}',
        b'{"id": "evt_\\u0000", "type": "customer.created", "data": {}}',
        (
            b'{"id": "evt_1", "type": "charge.succeeded", "data": {"payment": "1", "transaction_id": "a", '
            b'"currency": "USD", "amount": "Infinity"}}'
        ),
        b"[" * 100_000,
    ],
)
def test_signed_nonsense_is_refused(guest: APIClient, body: bytes) -> None:
    response = send(guest, body)

    assert (response.status_code, response.json()["code"]) == (400, "malformed_event")
    assert not WebhookEvent.objects.exists()


def test_a_huge_body_is_refused(guest: APIClient) -> None:
    response = send(guest, b"x" * 2_000_000)

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("gateway", ["manual", "stripe", "nobody"])
def test_gateways_without_webhooks_are_not_found(guest: APIClient, gateway: str) -> None:
    assert guest.post(f"/api/v1/payments/webhooks/{gateway}/", {}, format="json").status_code == 404


@override_settings(PAYMENT_GATEWAYS=["manual"])
def test_a_gateway_that_is_off_hears_nothing(guest: APIClient) -> None:
    body = json.dumps({"id": "evt_1", "type": "customer.created", "data": {}}).encode()

    assert send(guest, body).status_code == 404


def test_parameters_are_the_gateway_s_own_affair(guest: APIClient) -> None:
    body = json.dumps({"id": "evt_1", "type": "customer.created", "data": {}}).encode()
    signature = dummy_events.sign(body=body, secret=SECRET)

    response = guest.post(
        "/api/v1/payments/webhooks/dummy/?source=gateway",
        body,
        content_type="text/plain",
        headers={"Dummy-Signature": signature},
    )

    assert response.status_code == 200


def test_a_refund_that_is_not_ours_is_kept_for_later(guest: APIClient) -> None:
    refund = Refund(id=987654321)

    assert send(guest, refund_event(refund, "failed")).status_code == 200
    assert WebhookEvent.objects.get().last_error.startswith("NotFound")
