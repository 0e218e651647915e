"""POST payments/webhooks/stripe/: only what Stripe signed, applied once, in whatever order."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from common.models import OutboxEvent
from orders.models import Order, OrderEvent
from orders.services import life
from payments.models import Dispute, Payment, WebhookEvent
from tests.factories.payments import a_while_later, breaches, order_worth
from tests.payments.stripe_server import DROP_ANSWER, WEBHOOK_SECRET, StripeServer
from tests.payments.stripe_shop import (
    confirm_in_browser,
    digest,
    event,
    intent_of,
    pay_by_card,
    refunds_at,
    send,
    signature,
)

pytestmark = pytest.mark.django_db


def _waiting() -> Payment:
    return pay_by_card(order_worth("10.00"), None)


def test_the_event_that_stripe_itself_signs_pays(stripe: StripeServer, guest: APIClient) -> None:
    stripe.send_webhooks()
    payment = _waiting()
    confirm_in_browser(stripe, payment)

    header, body = stripe.webhook_about(str(payment.transaction_id))
    response = send(guest, body, header=header)

    assert (response.status_code, response.json()) == (200, {"received": True})
    payment.refresh_from_db()
    assert (payment.status, payment.order.status, payment.client_action) == ("succeeded", "confirmed", None)
    row = WebhookEvent.objects.get()
    assert (row.gateway, row.kind, row.last_error) == ("stripe", "payment_intent.succeeded", "")
    assert breaches() == []


def test_success_is_applied_once_however_often_it_comes(stripe: StripeServer, guest: APIClient) -> None:
    payment = _waiting()
    told = event("payment_intent.succeeded", confirm_in_browser(stripe, payment))

    assert [send(guest, told).status_code for _ in range(3)] == [200, 200, 200]
    a_while_later()

    assert OrderEvent.objects.filter(order=payment.order, code="confirmed").count() == 1
    assert WebhookEvent.objects.count() == 1
    assert breaches() == []


def test_the_event_may_come_before_our_own_answer(stripe: StripeServer, guest: APIClient) -> None:
    stripe.plan("/confirm", DROP_ANSWER)
    payment = pay_by_card(order_worth("10.00"))
    assert payment.status == "unknown"

    send(guest, event("payment_intent.succeeded", intent_of(stripe, payment)))
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("payment_intent.payment_failed", "failed"),
        ("payment_intent.canceled", "cancelled"),
        ("payment_intent.processing", "processing"),
    ],
)
def test_other_ends_are_told_and_success_may_follow(
    stripe: StripeServer, guest: APIClient, kind: str, status: str
) -> None:
    payment = _waiting()
    error = {"code": "card_declined", "decline_code": "insufficient_funds", "message": "Not enough."}
    send(guest, event(kind, intent_of(stripe, payment), last_payment_error=error))
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == (status, "pending")

    send(guest, event("payment_intent.succeeded", confirm_in_browser(stripe, payment)))
    send(guest, event(kind, intent_of(stripe, payment)))

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


def test_a_declined_card_s_reason_is_kept(stripe: StripeServer, guest: APIClient) -> None:
    payment = _waiting()
    error = {"code": "card_declined", "decline_code": "insufficient_funds", "message": "Not enough."}

    send(guest, event("payment_intent.payment_failed", intent_of(stripe, payment), last_payment_error=error))

    payment.refresh_from_db()
    assert payment.payment_details == {
        "gateway_status": "requires_payment_method",
        "code": "insufficient_funds",
        "detail": "Not enough.",
    }


def test_a_payment_that_takes_days_is_waited_for(stripe: StripeServer, guest: APIClient) -> None:
    payment = _waiting()

    send(guest, event("payment_intent.processing", intent_of(stripe, payment), status="processing"))
    Payment.objects.update(updated_at=timezone.now() - timedelta(days=2))

    assert life.expire_unpaid(now=timezone.now() + timedelta(days=2)) == 0
    assert breaches() == []


@pytest.mark.parametrize(
    "lie", [{"amount_received": 999}, {"amount_received": 1001}, {"currency": "eur"}, {"id": "pi_of_another_payment"}]
)
def test_what_does_not_fit_our_intent_pays_nothing(stripe: StripeServer, guest: APIClient, lie: dict[str, Any]) -> None:
    payment = _waiting()

    response = send(guest, event("payment_intent.succeeded", confirm_in_browser(stripe, payment), **lie))

    assert response.status_code == 200
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("pending", "pending")
    assert WebhookEvent.objects.get().last_error.startswith("OutcomeMismatch")


@pytest.mark.parametrize("metadata", [{}, {"shop": "another", "payment_id": "1"}, {"shop": "another"}])
def test_another_shop_s_intents_mean_nothing(stripe: StripeServer, guest: APIClient, metadata: dict[str, str]) -> None:
    payment = _waiting()
    told = event("payment_intent.succeeded", confirm_in_browser(stripe, payment), metadata=metadata)

    assert send(guest, told).status_code == 200

    payment.refresh_from_db()
    assert payment.status == "pending"
    assert WebhookEvent.objects.get().applied_at is not None


def test_late_success_for_a_cancelled_order_goes_back_by_itself(stripe: StripeServer, guest: APIClient) -> None:
    payment = _waiting()
    life.cancel(order_number=payment.order.order_number)

    send(guest, event("payment_intent.succeeded", confirm_in_browser(stripe, payment)))
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.is_surplus, payment.order.status) == ("refunded", True, "cancelled")
    assert [made["amount"] for made in refunds_at(stripe, payment)] == [1000]
    assert breaches() == []


def _dispute(payment: Payment, **changes: Any) -> dict[str, Any]:
    """A dispute as Stripe documents it; localstripe knows none."""
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 1000,
        "charge": "ch_1",
        "currency": "usd",
        "payment_intent": payment.transaction_id,
        "reason": "fraudulent",
        "status": "needs_response",
        **changes,
    }


@pytest.mark.parametrize("end", ["won", "lost"])
def test_a_dispute_is_a_row_and_an_alert_and_no_booking(stripe: StripeServer, guest: APIClient, end: str) -> None:
    payment = pay_by_card(order_worth("10.00"))

    for told in [
        event("charge.dispute.created", _dispute(payment)),
        event("charge.dispute.updated", _dispute(payment, status="under_review")),
        event("charge.dispute.closed", _dispute(payment, status=end)),
        event("charge.dispute.created", _dispute(payment)),
    ]:
        assert send(guest, told).status_code == 200

    dispute = Dispute.objects.get()
    assert (dispute.payment, str(dispute.amount), dispute.reason, dispute.status) == (
        payment,
        "10.00",
        "fraudulent",
        end,
    )
    assert dispute.closed_at is not None
    codes = OrderEvent.objects.filter(order=payment.order, code__contains="disput").order_by("id")
    assert list(codes.values_list("code", flat=True)) == ["payment_disputed", "dispute_closed"]
    assert OutboxEvent.objects.filter(name="payment.disputed").count() == 1
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


def test_a_dispute_heard_of_at_its_end_is_told_whole(stripe: StripeServer, guest: APIClient) -> None:
    payment = pay_by_card(order_worth("10.00"))

    send(guest, event("charge.dispute.closed", _dispute(payment, status="lost")))

    names = OutboxEvent.objects.filter(name__contains="disput").order_by("id").values_list("name", flat=True)
    assert list(names) == ["payment.disputed", "payment.dispute_closed"]


def test_a_dispute_of_another_shop_s_charge_is_kept_apart(stripe: StripeServer, guest: APIClient) -> None:
    payment = pay_by_card(order_worth("10.00"))

    send(guest, event("charge.dispute.created", _dispute(payment, payment_intent="pi_of_another_shop")))

    assert not Dispute.objects.exists()
    assert WebhookEvent.objects.get().applied_at is None


def test_every_active_secret_signs(stripe: StripeServer, guest: APIClient, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", WEBHOOK_SECRET]
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        body = json.dumps(event("customer.created", {"id": "cus_1"})).encode()
        assert send(guest, body, header=signature(body, secret=secret)).status_code == 200


def test_one_good_signature_of_two_is_enough(stripe: StripeServer, guest: APIClient) -> None:
    body, now = json.dumps(event("customer.created", {"id": "cus_1"})).encode(), int(time.time())
    good = digest(body, secret=WEBHOOK_SECRET, moment=now)

    for values in (f"v1={'0' * 64},v1={good}", f"v1={good},v1={'0' * 64}", f"v0=abc,v1={good}"):
        assert send(guest, body, header=f"t={now},{values}").status_code == 200


FORGERIES: dict[str, Callable[[bytes], tuple[bytes, str]]] = {
    "no signature": lambda body: (body, ""),
    "nonsense": lambda body: (body, "t=now,v1=abc"),
    "no value": lambda body: (body, f"t={int(time.time())}"),
    "not ASCII": lambda body: (body, f"t={int(time.time())},v1=é"),
    "wrong secret": lambda body: (body, signature(body, secret="whsec_guessed")),
    "empty secret": lambda body: (body, signature(body, secret="")),
    "another body": lambda body: (body.replace(b"1000", b"9999"), signature(body)),
    "written again": lambda body: (json.dumps(json.loads(body), indent=1).encode(), signature(body)),
    "too old": lambda body: (body, signature(body, age=301)),
    "another time": lambda body: (body, signature(body).replace("t=", "t=1")),
    "another scheme": lambda body: (body, signature(body).replace("v1=", "v0=")),
    "two wrong values": lambda body: (body, f"t={int(time.time())},v1={'0' * 64},v1={'f' * 64}"),
    "not UTF-8": lambda body: (b"\xff" + body, signature(body)),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_writes_nothing(stripe: StripeServer, guest: APIClient, settings: Settings, name: str) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [WEBHOOK_SECRET, ""]
    payment = _waiting()
    told = json.dumps(event("payment_intent.succeeded", confirm_in_browser(stripe, payment))).encode()
    body, header = FORGERIES[name](told)

    response = send(guest, body, header=header)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_signature")
    payment.refresh_from_db()
    assert payment.status == "pending"
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {}}}',
        b'{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {}}',
        b'{"id": "evt_1", "object": "event", "type": "refund.created", "data": {"object": {"payment_intent": "pi"}}}',
        b'{"id": "e1", "object": "event", "type": "charge.dispute.closed", "data": {"object": {"payment_intent": 1}}}',
    ],
)
def test_signed_nonsense_is_refused(stripe: StripeServer, guest: APIClient, body: bytes) -> None:
    response = send(guest, body)

    assert (response.status_code, response.json()["code"]) == (400, "malformed_event")
    assert not WebhookEvent.objects.exists()


def test_a_customer_whose_card_failed_may_pay_otherwise_on_the_same_page(
    stripe: StripeServer, guest: APIClient
) -> None:
    payment = _waiting()
    intent = intent_of(stripe, payment)
    send(guest, event("payment_intent.payment_failed", intent))
    send(guest, event("payment_intent.processing", intent, status="processing"))

    payment.refresh_from_db()
    assert payment.status == "processing"
    Order.objects.update(expires_at=timezone.now())
    assert life.expire_unpaid(now=timezone.now() + timedelta(days=1)) == 0
    Payment.objects.update(status="failed")
    assert life.expire_unpaid(now=timezone.now() + timedelta(days=1)) == 1


def test_a_failed_attempt_does_not_go_on_where_another_one_is_under_way(stripe: StripeServer, guest: APIClient) -> None:
    payment = _waiting()
    intent = intent_of(stripe, payment)
    send(guest, event("payment_intent.payment_failed", intent))
    pay_by_card(payment.order, None)

    send(guest, event("payment_intent.processing", intent, status="processing"))

    payment.refresh_from_db()
    assert payment.status == "failed"


def test_a_failure_told_late_of_what_is_on_its_way_is_asked_about(stripe: StripeServer, guest: APIClient) -> None:
    payment = _waiting()
    intent = intent_of(stripe, payment)
    send(guest, event("payment_intent.processing", intent, status="processing"))
    send(guest, event("payment_intent.payment_failed", intent))
    payment.refresh_from_db()
    assert payment.status == "unknown"

    confirm_in_browser(stripe, payment)
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
