"""Refunds through Stripe, ours and those made at its dashboard; whatever happens, the books say where the money is."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from common.models import OutboxEvent
from orders.models import OrderEvent
from orders.services import life
from payments.models import Payment, Refund, WebhookEvent
from payments.services import foreign_refunds, reconciliation, refunds
from tests.factories.payments import a_while_later, breaches, order_worth
from tests.payments.conftest import Post
from tests.payments.stripe_server import DROP_ANSWER, DROP_REQUEST, StripeServer
from tests.payments.stripe_shop import event, intent_of, pay_by_card, refunds_at, send

pytestmark = pytest.mark.django_db


def _paid() -> Payment:
    payment = pay_by_card(order_worth("10.00"))
    assert payment.status == "succeeded"
    return payment


def _amounts(stripe: StripeServer, payment: Payment) -> list[int]:
    return sorted(made["amount"] for made in refunds_at(stripe, payment))


def test_a_part_and_then_the_rest(stripe: StripeServer, cashier: APIClient, refund: Post) -> None:
    payment = _paid()

    part = refund(cashier, payment.id, amount="4.00")
    payment.refresh_from_db()
    assert (part.status_code, part.json()["status"], payment.status) == (201, "succeeded", "partially_refunded")
    rest = refund(cashier, payment.id, amount="6.00")

    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (rest.json()["status"], payment.status, payment.order.status) == ("succeeded", "refunded", "refunded")
    assert _amounts(stripe, payment) == [400, 600]
    assert {made["id"] for made in refunds_at(stripe, payment)} == {
        part.json()["refund_transaction_id"],
        rest.json()["refund_transaction_id"],
    }
    assert breaches() == []


def test_one_that_stripe_refuses_leaves_the_books_as_they_were(
    stripe: StripeServer, cashier: APIClient, refund: Post
) -> None:
    payment = _paid()
    stripe.plan("/refunds", "already refunded")

    response = refund(cashier, payment.id, amount="10.00")

    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (response.status_code, response.json()["status"]) == (201, "failed")
    assert (payment.status, str(payment.refunded_amount), payment.order.status) == ("succeeded", "0.00", "confirmed")
    assert OrderEvent.objects.get(code="refund_failed").detail == "Charge ch_1 has already been refunded."
    assert breaches() == []


@pytest.mark.parametrize("trouble", [DROP_ANSWER, DROP_REQUEST, "too many requests", "key not accepted"])
def test_what_is_not_known_is_made_once_in_the_end(stripe: StripeServer, trouble: str) -> None:
    payment = _paid()
    stripe.plan("/refunds", trouble)
    made = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)
    assert (made.status, made.refund_transaction_id) == ("processing", None)

    a_while_later()
    a_while_later()

    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.status, payment.status, payment.order.status) == ("succeeded", "refunded", "refunded")
    assert _amounts(stripe, payment) == [1000]
    assert breaches() == []


def _sent_back(payment: Payment, **changes: Any) -> dict[str, Any]:
    """A refund of 4.00 made at the dashboard as Stripe tells it; localstripe sends no events of refunds."""
    return {
        "id": "re_dashboard",
        "object": "refund",
        "amount": 400,
        "charge": "ch_1",
        "currency": "usd",
        "failure_reason": None,
        "metadata": {},
        "payment_intent": payment.transaction_id,
        "reason": "requested_by_customer",
        "status": "succeeded",
        **changes,
    }


def _own(stripe: StripeServer, payment: Payment, **changes: Any) -> dict[str, Any]:
    """Our own refund as Stripe tells it."""
    (made,) = refunds_at(stripe, payment)
    return {**made, "payment_intent": payment.transaction_id, **changes}


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "charge.refund.updated"])
def test_our_own_refund_s_end_is_told(stripe: StripeServer, guest: APIClient, kind: str) -> None:
    payment = _paid()
    stripe.plan("/refunds", DROP_ANSWER)
    made = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    told = event(kind, _own(stripe, payment))
    assert [send(guest, told).status_code for _ in range(2)] == [200, 200]
    a_while_later()

    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.status, payment.status, payment.order.status) == ("succeeded", "refunded", "refunded")
    assert Refund.objects.count() == 1
    assert breaches() == []


def test_a_refund_on_its_way_is_waited_for_and_may_fail(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()
    stripe.plan("/refunds", DROP_ANSWER)
    made = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)
    send(guest, event("refund.created", _own(stripe, payment, status="pending")))
    made.refresh_from_db()
    assert (made.status, made.refund_transaction_id is not None) == ("processing", True)

    send(
        guest, event("refund.failed", _own(stripe, payment, status="failed", failure_reason="expired_or_canceled_card"))
    )

    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.status, payment.status, str(payment.refunded_amount)) == ("failed", "succeeded", "0.00")
    assert OrderEvent.objects.get(code="refund_failed").detail == "expired_or_canceled_card"
    assert breaches() == []


def test_a_refund_that_comes_back_is_told_once_and_stays_owed(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()
    made = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    for kind in ("refund.updated", "refund.failed", "charge.refund.updated"):
        send(guest, event(kind, _own(stripe, payment, status="failed", failure_reason="lost_or_stolen_card")))

    made.refresh_from_db()
    assert made.status == "succeeded"
    assert OutboxEvent.objects.filter(name="refund.bounced").count() == 1
    assert OrderEvent.objects.filter(code="refund_bounced").count() == 1
    assert breaches() == []


def test_a_refund_at_the_dashboard_is_booked(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()

    for kind in ("refund.created", "refund.updated", "charge.refund.updated"):
        assert send(guest, event(kind, _sent_back(payment))).status_code == 200

    made = Refund.objects.get()
    payment.refresh_from_db()
    assert (str(made.amount), made.status, made.refund_transaction_id) == ("4.00", "succeeded", "re_dashboard")
    assert (payment.status, str(payment.refunded_amount)) == ("partially_refunded", "4.00")
    assert OutboxEvent.objects.get(name="refund.external").payload["amount"] == "4.00"
    assert OutboxEvent.objects.filter(name="refund.succeeded").count() == 1
    codes = OrderEvent.objects.filter(order=payment.order, code__startswith="refund").order_by("id")
    assert list(codes.values_list("code", flat=True)) == ["refund_at_gateway", "refund_succeeded"]
    assert breaches() == []


def test_a_whole_refund_at_the_dashboard_refunds_the_order(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()

    send(guest, event("refund.created", _sent_back(payment, amount=1000)))

    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.order.status) == ("refunded", "refunded")
    assert breaches() == []


def test_a_pending_refund_at_the_dashboard_is_followed(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()
    send(guest, event("refund.created", _sent_back(payment, status="pending")))
    assert Refund.objects.get().status == "processing"

    send(guest, event("refund.failed", _sent_back(payment, status="failed")))

    payment.refresh_from_db()
    assert (Refund.objects.get().status, str(payment.refunded_amount)) == ("failed", "0.00")
    assert breaches() == []


def test_one_that_failed_before_we_heard_of_it_is_none(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()

    send(guest, event("refund.failed", _sent_back(payment, status="failed")))

    assert not Refund.objects.exists()
    assert WebhookEvent.objects.get().applied_at is not None


@pytest.mark.parametrize("lie", [{"amount": 1001}, {"currency": "eur"}, {"payment_intent": "pi_of_another_shop"}])
def test_what_does_not_fit_the_payment_is_not_booked(
    stripe: StripeServer, guest: APIClient, lie: dict[str, Any]
) -> None:
    payment = _paid()

    assert send(guest, event("refund.created", _sent_back(payment, **lie))).status_code == 200

    assert not Refund.objects.exists()
    assert WebhookEvent.objects.get().applied_at is None
    payment.refresh_from_db()
    assert str(payment.refunded_amount) == "0.00"


def test_charge_refunded_makes_us_ask_which(stripe: StripeServer, guest: APIClient) -> None:
    payment = _paid()
    refunds.refund_payment(payment_id=payment.id, amount=payment.amount / 2)
    stripe.call("POST", "refunds", payment_intent=payment.transaction_id, amount=300)
    intent = intent_of(stripe, payment)

    told = event("charge.refunded", {**intent["latest_charge"], "payment_intent": payment.transaction_id})
    assert send(guest, told).status_code == 200
    assert OutboxEvent.objects.get(name="payment.refunds_changed").payload == {"payment_id": payment.id}
    for _ in range(2):
        foreign_refunds.look_for_refunds(payment_id=payment.id)

    payment.refresh_from_db()
    assert sorted(str(amount) for amount in Refund.objects.values_list("amount", flat=True)) == ["3.00", "5.00"]
    assert (payment.status, str(payment.refunded_amount)) == ("partially_refunded", "8.00")
    assert breaches() == []


def test_a_refund_whose_answer_was_lost_is_found_among_all(stripe: StripeServer) -> None:
    payment = _paid()
    stripe.plan("/refunds", DROP_ANSWER)
    made = refunds.refund_payment(payment_id=payment.id, amount=payment.amount / 2)

    foreign_refunds.look_for_refunds(payment_id=payment.id)

    made.refresh_from_db()
    assert made.status == "succeeded"
    assert Refund.objects.count() == 1
    assert breaches() == []


def test_cancelling_a_paid_order_refunds_it_once(stripe: StripeServer) -> None:
    payment = _paid()
    life.cancel(order_number=payment.order.order_number)

    a_while_later()
    reconciliation.reconcile()

    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.order.status) == ("refunded", "cancelled")
    assert _amounts(stripe, payment) == [1000]
    assert breaches() == []
