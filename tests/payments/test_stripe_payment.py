"""Paying through Stripe: confirmed by the shop or in the browser, declined, unanswered, cancelled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from orders.services import life
from payments.gateways.protocol import GatewayRefused
from payments.gateways.stripe_facts import from_minor, to_minor
from payments.models import Payment
from payments.services import payments, reconciliation
from tests.conftest import ApiClientFor
from tests.factories.payments import PaymentFactory, a_while_later, breaches, buyer, order_worth
from tests.payments.conftest import Post
from tests.payments.stripe_server import DROP_ANSWER, DROP_REQUEST, HANG, StripeServer
from tests.payments.stripe_shop import confirm_in_browser, intent_of, pay_by_card

pytestmark = pytest.mark.django_db


def test_the_browser_gets_what_stripe_js_needs(stripe: StripeServer, pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("19.90")

    response = pay(client_for(buyer(order)), order.order_number, payment_method="stripe")

    payment = Payment.objects.get()
    intent = intent_of(stripe, payment)
    assert (response.status_code, response.json()["status"]) == (201, "pending")
    assert response.json()["client_action"] == {
        "type": "stripe",
        "client_secret": intent["client_secret"],
        "publishable_key": "pk_test_of_this_machine",
        "payment_intent": payment.transaction_id,
        "payment_intent_status": "requires_payment_method",
    }
    assert (intent["amount"], intent["currency"]) == (1990, "usd")
    assert intent["metadata"]["order_number"] == order.order_number
    assert stripe.asked("/payment_intents") == 1
    assert breaches() == []


def test_what_was_confirmed_in_the_browser_pays_without_any_webhook(stripe: StripeServer) -> None:
    payment = pay_by_card(order_worth("10.00"), None)
    confirm_in_browser(stripe, payment)

    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status, payment.client_action) == ("succeeded", "confirmed", None)
    assert breaches() == []


def test_the_shop_confirms_with_a_payment_method(stripe: StripeServer) -> None:
    payment = pay_by_card(order_worth("10.00"))

    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert intent_of(stripe, payment)["status"] == "succeeded"
    assert breaches() == []


def test_a_declined_card_leaves_the_order_payable(stripe: StripeServer) -> None:
    order = order_worth("10.00")

    declined = pay_by_card(order, "pm_card_chargeCustomerFail")

    assert (declined.status, order.status, declined.client_action) == ("failed", "pending", None)
    assert declined.payment_details == {
        "payment_method": "pm_card_chargeCustomerFail",
        "code": "card_declined",
        "detail": "Your card was declined.",
    }
    assert pay_by_card(order).status == "succeeded"
    assert breaches() == []


def test_a_card_that_wants_its_owner_s_confirmation_waits_for_it(stripe: StripeServer) -> None:
    card = {"number": "4000002500003155", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
    method = stripe.call("POST", "payment_methods", type="card", card=card)["id"]
    payment = pay_by_card(order_worth("10.00"), method)
    assert payment.client_action is not None
    assert (payment.status, payment.client_action["payment_intent_status"]) == ("pending", "requires_action")

    path = f"payment_intents/{payment.transaction_id}/_authenticate"
    stripe.call("POST", path, client_secret=payment.client_action["client_secret"], success=True)
    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")


@pytest.mark.parametrize(
    "details",
    [{"token": "tok_ok"}, {"payment_method": "tok_visa"}, {"payment_method": 1}, {"payment_method": "pm_x/../y"}],
)
def test_other_details_are_refused(
    stripe: StripeServer, pay: Post, client_for: ApiClientFor, details: dict[str, object]
) -> None:
    order = order_worth("10.00")

    response = pay(client_for(buyer(order)), order.order_number, payment_method="stripe", details=details)

    assert response.status_code == 400
    assert stripe.requests == []


def test_an_unknown_payment_method_fails(stripe: StripeServer) -> None:
    payment = pay_by_card(order_worth("10.00"), "pm_nobody_has_it")

    assert (payment.status, payment.transaction_id) == ("failed", None)


@pytest.mark.parametrize("lost", [DROP_ANSWER, DROP_REQUEST])
@pytest.mark.parametrize("card", ["pm_card_visa", None])
def test_an_intent_whose_answer_was_lost_is_found_by_its_key(stripe: StripeServer, card: str | None, lost: str) -> None:
    stripe.plan("/payment_intents", lost)
    payment = pay_by_card(order_worth("10.00"), card)
    assert (payment.status, payment.transaction_id) == ("unknown", None)

    a_while_later()

    payment.refresh_from_db()
    assert payment.client_action is not None
    assert (payment.status, payment.order.status) == ("pending", "pending")
    made = stripe.call("GET", "payment_intents?limit=100")["data"]
    ours = [intent for intent in made if intent["metadata"].get("order_number") == payment.order.order_number]
    assert [intent["id"] for intent in ours] == [payment.transaction_id]
    confirm_in_browser(stripe, payment)
    a_while_later()
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert breaches() == []


def test_a_charge_whose_answer_was_lost_is_charged_once(stripe: StripeServer) -> None:
    stripe.plan("/confirm", DROP_ANSWER)
    payment = pay_by_card(order_worth("10.00"))
    assert (payment.status, payment.order.status) == ("unknown", "pending")
    assert payment.transaction_id is not None

    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")
    assert (stripe.asked("/payment_intents"), stripe.asked("/confirm")) == (1, 1)
    assert breaches() == []


def test_a_stripe_that_hangs_is_not_waited_for(stripe: StripeServer, settings: Settings) -> None:
    settings.PAYMENT_GATEWAY_TIMEOUT_SECONDS = 0.5
    stripe.plan("/payment_intents", HANG)
    begun = timezone.now()

    payment = pay_by_card(order_worth("10.00"))

    assert payment.status == "unknown"
    assert timezone.now() - begun < timedelta(seconds=3)
    settings.PAYMENT_GATEWAY_TIMEOUT_SECONDS = 10
    a_while_later()
    payment.refresh_from_db()
    assert payment.status == "pending"


@pytest.mark.parametrize("trouble", ["too many requests", "fault"])
def test_trouble_while_charging_is_asked_about(stripe: StripeServer, trouble: str) -> None:
    stripe.plan("/confirm", trouble)
    payment = pay_by_card(order_worth("10.00"))
    assert payment.status == "unknown"

    a_while_later()

    payment.refresh_from_db()
    assert payment.status == "pending"  # Stripe says that it was never confirmed; the customer may
    assert breaches() == []


def test_an_intent_that_stripe_failed_to_make_ends_within_minutes(stripe: StripeServer) -> None:
    stripe.plan("/payment_intents", "fault")
    payment = pay_by_card(order_worth("10.00"))
    assert payment.status == "unknown"

    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("failed", "pending")
    assert pay_by_card(payment.order).status == "succeeded"
    assert breaches() == []


def test_a_key_that_stripe_does_not_accept_fails_at_once_and_says_so(stripe: StripeServer) -> None:
    stripe.plan("/payment_intents", "key not accepted")

    payment = pay_by_card(order_worth("10.00"))

    assert payment.status == "failed"
    assert payment.payment_details is not None
    assert payment.payment_details["code"] == "gateway_misconfigured"


def test_a_key_that_stripe_does_not_accept_ends_no_open_payment(stripe: StripeServer) -> None:
    stripe.plan("/payment_intents", DROP_ANSWER)
    payment = pay_by_card(order_worth("10.00"))
    stripe.plan("/payment_intents", "key not accepted")

    a_while_later()

    payment.refresh_from_db()
    assert payment.status == "unknown"


def test_an_intent_whose_request_died_waits_for_its_customer(stripe: StripeServer) -> None:
    payment = PaymentFactory.create(order=order_worth("10.00"), status="processing", payment_method="stripe")

    reconciliation.reconcile(now=timezone.now() + timedelta(minutes=1))

    payment.refresh_from_db()
    assert (payment.status, intent_of(stripe, payment)["status"]) == ("pending", "requires_payment_method")


@pytest.mark.parametrize("lie", [{"amount": 999}, {"currency": "eur"}])
def test_a_charge_of_other_money_pays_nothing(stripe: StripeServer, lie: dict[str, object]) -> None:
    payment = pay_by_card(order_worth("10.00"), None)
    stripe.call("POST", f"payment_intents/{payment.transaction_id}", **lie)
    confirm_in_browser(stripe, payment)

    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("unknown", "pending")


def test_a_second_attempt_cancels_the_first_at_stripe(stripe: StripeServer) -> None:
    order = order_worth("10.00")
    first = pay_by_card(order, None)

    second = pay_by_card(order)

    first.refresh_from_db()
    assert (first.status, intent_of(stripe, first)["status"]) == ("cancelled", "canceled")
    assert second.status == "succeeded"
    assert breaches() == []


def test_a_customer_who_is_faster_than_the_cancellation_has_paid(stripe: StripeServer) -> None:
    payment = pay_by_card(order_worth("10.00"), None)
    confirm_in_browser(stripe, payment)

    payments.withdraw_payment(payment_id=payment.id)

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("succeeded", "confirmed")


def test_a_cancelled_order_s_intent_is_cancelled(stripe: StripeServer) -> None:
    payment = pay_by_card(order_worth("10.00"), None)
    life.cancel(order_number=payment.order.order_number)

    a_while_later()

    payment.refresh_from_db()
    assert (payment.status, intent_of(stripe, payment)["status"]) == ("cancelled", "canceled")
    assert breaches() == []


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("19.90", "USD", 1990), ("0.01", "EUR", 1), ("500.00", "JPY", 500), ("500.00", "ISK", 50000)],
)
def test_amounts_are_told_in_minor_units(amount: str, currency: str, units: int) -> None:
    assert to_minor(Decimal(amount), currency) == units
    assert from_minor(units, currency) == Decimal(amount)


@pytest.mark.parametrize("currency", ["JPY", "KRW", "ISK", "UGX"])
def test_parts_of_a_unit_that_has_none_are_refused(currency: str) -> None:
    with pytest.raises(GatewayRefused):
        to_minor(Decimal("19.90"), currency)


def test_what_takes_days_is_asked_about_each_hour_and_starves_nobody(
    stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, fresh = pay_by_card(order_worth("10.00"), None), pay_by_card(order_worth("10.00"), None)
    Payment.objects.filter(id=slow.id).update(updated_at=timezone.now() - timedelta(minutes=30))
    confirm_in_browser(stripe, fresh)
    monkeypatch.setattr(reconciliation, "BATCH_SIZE", 1)

    for _ in range(50):  # drawn by lot: fifty times the other one is no accident
        a_while_later()
        fresh.refresh_from_db()
        if fresh.status == "succeeded":
            break

    slow.refresh_from_db()
    assert (slow.status, fresh.status) == ("pending", "succeeded")
    Payment.objects.filter(id=slow.id).update(status="processing", payment_details={"gateway_status": "processing"})
    stripe.requests.clear()
    a_while_later()
    assert stripe.requests == []
    reconciliation.reconcile(now=timezone.now() + timedelta(minutes=61))
    assert len(stripe.requests) == 1
