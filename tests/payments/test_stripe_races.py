"""Stripe's word and the client's at the same moment: the order is paid once, and each refund is booked once."""

import pytest
from rest_framework.test import APIClient

from orders.models import OrderEvent
from payments.models import Payment, Refund, WebhookEvent
from tests.factories.payments import a_while_later, breaches, order_worth
from tests.payments.stripe_server import DROP_ANSWER, HANG, StripeServer, wait_for
from tests.payments.stripe_shop import confirm_in_browser, event, intent_of, pay_by_card, send
from tests.payments.test_races import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def test_webhooks_and_the_job_at_once_confirm_once(stripe: StripeServer, guest: APIClient) -> None:
    payment = pay_by_card(order_worth("10.00"), None)
    intent = confirm_in_browser(stripe, payment)
    told = event("payment_intent.succeeded", intent)
    late = event("payment_intent.processing", intent)

    in_threads(*[lambda: send(guest, told) for _ in range(4)], lambda: send(guest, late), a_while_later)

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert OrderEvent.objects.filter(code="confirmed").count() == 1
    assert WebhookEvent.objects.filter(applied_at=None).count() == 0
    assert breaches() == []


def test_the_webhook_and_the_client_s_return_at_once_confirm_once(stripe: StripeServer, guest: APIClient) -> None:
    order = order_worth("10.00")
    stripe.plan("/confirm", DROP_ANSWER)
    payment = pay_by_card(order)
    told = event("payment_intent.succeeded", intent_of(stripe, payment))

    in_threads(a_while_later, lambda: send(guest, told), lambda: send(guest, told), a_while_later)

    assert Payment.objects.get().status == "succeeded"
    assert stripe.asked("/confirm") == 1
    assert OrderEvent.objects.filter(code="confirmed").count() == 1
    assert breaches() == []


def test_one_dashboard_refund_told_in_many_ways_is_booked_once(stripe: StripeServer, guest: APIClient) -> None:
    payment = pay_by_card(order_worth("10.00"))
    made = stripe.call("POST", "refunds", payment_intent=payment.transaction_id, amount=400)
    kinds = ("refund.created", "refund.updated", "charge.refund.updated")
    told = [event(kind, made) for kind in kinds]
    charge = {"id": made["charge"], "object": "charge", "payment_intent": payment.transaction_id}
    told.append(event("charge.refunded", charge))

    in_threads(*[lambda one=one: send(guest, one) for one in told], a_while_later)
    a_while_later()

    assert [str(amount) for amount in Refund.objects.values_list("amount", flat=True)] == ["4.00"]
    payment.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount)) == ("partially_refunded", "4.00")
    assert breaches() == []


def test_the_webhook_that_overtakes_the_answer_confirms_once(stripe: StripeServer, guest: APIClient) -> None:
    """Stripe's event is here before Stripe's answer to the request that caused it."""
    order = order_worth("10.00")
    stripe.plan("/confirm", HANG)

    def tell_meanwhile() -> None:
        wait_for(lambda: stripe.asked("/confirm") == 1)
        intent = stripe.call("GET", "payment_intents?limit=1000")["data"][-1]
        wait_for(lambda: stripe.call("GET", f"payment_intents/{intent['id']}")["status"] == "succeeded")
        paid_intent = stripe.call("GET", f"payment_intents/{intent['id']}")
        for _ in range(2):
            assert send(guest, event("payment_intent.succeeded", paid_intent)).status_code == 200
        assert Payment.objects.get().status == "succeeded"
        stripe.released.set()

    payment, _ = in_threads(lambda: pay_by_card(order), tell_meanwhile)

    assert (payment.status, Payment.objects.count(), stripe.asked("/confirm")) == ("succeeded", 1, 1)
    assert OrderEvent.objects.filter(code="confirmed").count() == 1
    assert breaches() == []
