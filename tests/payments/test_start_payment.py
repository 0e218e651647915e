"""POST orders/{n}/payments/: one payment pays, whatever is tried beside it."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from common.models import OutboxEvent
from common.tokens import hash_token
from orders.services import life
from payments.models import DummyCharge, Payment
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory, staff_user
from tests.factories.orders import placed_order
from tests.factories.payments import a_while_later, breaches, buyer, order_worth, paid
from tests.payments.conftest import Post

pytestmark = pytest.mark.django_db

DUMMY = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
BODY_FIELDS = {
    "id",
    "order_number",
    "amount",
    "currency",
    "status",
    "payment_method",
    "transaction_id",
    "client_action",
    "is_surplus",
    "refunded_amount",
    "created_at",
}


def _dummy(token: str) -> dict[str, object]:
    return {"payment_method": "dummy", "details": {"token": token}}


def test_success_confirms_the_order(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("19.90")

    response = pay(client_for(buyer(order)), order.order_number)

    assert response.status_code == 201
    body = response.json()
    assert set(body) == BODY_FIELDS
    charge = DummyCharge.objects.get()
    payment = Payment.objects.get()
    assert (body["id"], body["amount"], body["status"]) == (payment.id, "19.90", "succeeded")
    assert (body["order_number"], body["transaction_id"]) == (order.order_number, charge.transaction_id)
    assert (charge.idempotency_key, str(charge.amount)) == (str(payment.id), "19.90")
    order.refresh_from_db()
    assert (order.status, order.expires_at) == ("confirmed", None)
    assert order.paid_at is not None
    assert breaches() == []


def test_the_event_tells_what_was_paid(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("19.90")

    pay(client_for(buyer(order)), order.order_number)

    event = OutboxEvent.objects.get(name="payment.succeeded")
    payment = Payment.objects.get()
    assert event.resource == f"payment:{payment.id}"
    assert event.payload == {
        "payment_id": payment.id,
        "order_id": order.id,
        "order_number": order.order_number,
        "amount": "19.90",
        "currency": "USD",
        "is_surplus": False,
    }


def test_a_guest_pays_with_the_order_token(pay: Post, guest: APIClient) -> None:
    order = order_worth("10.00", user=None, access_token_hash=hash_token("secret"))
    guest.credentials(HTTP_X_ORDER_TOKEN="secret")

    assert pay(guest, order.order_number).json()["status"] == "succeeded"


def test_declined_leaves_the_order_pending_and_payable(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))

    declined = pay(client, order.order_number, **_dummy("tok_declined"))
    order.refresh_from_db()

    assert (declined.status_code, declined.json()["status"]) == (201, "failed")
    assert order.status == "pending"
    assert OutboxEvent.objects.filter(name="payment.failed").count() == 1
    assert pay(client, order.order_number).json()["status"] == "succeeded"
    assert breaches() == []


def test_a_lost_answer_is_unknown_until_the_gateway_is_asked(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))

    lost = pay(client, order.order_number, **_dummy("tok_timeout"))
    again = pay(client, order.order_number)
    a_while_later()

    assert (lost.status_code, lost.json()["status"]) == (201, "unknown")
    assert (again.status_code, again.json()["code"]) == (409, "payment_in_progress")
    order.refresh_from_db()
    assert order.status == "confirmed"
    assert Payment.objects.get().status == "succeeded"
    assert DummyCharge.objects.count() == 1
    assert breaches() == []


def test_a_pending_payment_gives_way_to_the_next(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))

    first = pay(client, order.order_number, **_dummy("tok_pending"))
    second = pay(client, order.order_number)

    assert (first.json()["status"], first.json()["client_action"]) == ("pending", {"type": "wait"})
    assert second.json()["status"] == "succeeded"
    assert list(Payment.objects.order_by("id").values_list("status", flat=True)) == ["cancelled", "succeeded"]
    assert list(DummyCharge.objects.order_by("id").values_list("status", flat=True)) == ["cancelled", "succeeded"]
    assert breaches() == []


def test_a_pending_payment_that_was_paid_meanwhile_pays(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))
    pay(client, order.order_number, **_dummy("tok_pending"))
    DummyCharge.objects.update(status="succeeded")

    second = pay(client, order.order_number)

    assert (second.status_code, second.json()["code"]) == (409, "order_not_payable")
    assert Payment.objects.get().status == "succeeded"
    order.refresh_from_db()
    assert order.status == "confirmed"
    assert breaches() == []


@pytest.mark.parametrize("status", ["confirmed", "processing", "shipped", "delivered", "cancelled", "refunded"])
def test_only_a_pending_order_is_payable(pay: Post, client_for: ApiClientFor, status: str) -> None:
    order = placed_order(status=status)

    response = pay(client_for(buyer(order)), order.order_number)

    assert (response.status_code, response.json()["code"]) == (409, "order_not_payable")
    assert response.json()["order_status"] == status
    assert not Payment.objects.exists()
    assert not DummyCharge.objects.exists()


def test_bank_transfer_holds_the_order_for_days(pay: Post, client_for: ApiClientFor) -> None:
    soon = timezone.now() + timedelta(minutes=30)
    order = order_worth("10.00", expires_at=soon)

    response = pay(client_for(buyer(order)), order.order_number, payment_method="manual")

    body = response.json()
    assert (response.status_code, body["status"], body["transaction_id"]) == (201, "pending", None)
    assert body["client_action"]["type"] == "bank_transfer"
    assert body["client_action"]["reference"] == order.order_number
    assert (body["client_action"]["amount"], body["client_action"]["currency"]) == ("10.00", "USD")
    order.refresh_from_db()
    assert order.status == "pending"
    assert order.expires_at is not None
    assert abs(order.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)


def test_a_card_after_a_bank_transfer_ends_the_long_hold(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00", expires_at=timezone.now() + timedelta(minutes=30))
    client = client_for(buyer(order))
    pay(client, order.order_number, payment_method="manual")

    pay(client, order.order_number, **_dummy("tok_declined"))

    order.refresh_from_db()
    assert order.expires_at is not None
    assert timezone.now() + timedelta(minutes=25) < order.expires_at < timezone.now() + timedelta(minutes=31)


def test_the_same_key_is_answered_the_same(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))

    first = pay(client, order.order_number, key="once", **_dummy("tok_pending"))
    second = pay(client, order.order_number, key="once", **_dummy("tok_pending"))

    assert second.status_code == 201
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()
    assert Payment.objects.count() == 1


def test_the_same_key_for_another_body_is_refused(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))
    pay(client, order.order_number, key="once", **_dummy("tok_declined"))

    other = pay(client, order.order_number, key="once", **_dummy("tok_ok"))

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Payment.objects.count() == 1


def test_a_refused_attempt_releases_its_key(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))
    pay(client, order.order_number, **_dummy("tok_timeout"))
    assert pay(client, order.order_number, key="later").status_code == 409
    Payment.objects.update(status="failed")

    assert pay(client, order.order_number, key="later").json()["status"] == "succeeded"


def test_the_key_is_required(client_for: ApiClientFor) -> None:
    order = order_worth("10.00")

    response = client_for(buyer(order)).post(f"/api/v1/orders/{order.order_number}/payments/", DUMMY, format="json")

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"payment_method": "stripe"}, "payment_method"),
        ({"payment_method": ""}, "payment_method"),
        ({"payment_method": "dummy\x00"}, "payment_method"),
        ({"details": {"token": "tok_ok"}}, "payment_method"),
        ({"payment_method": "dummy"}, "details.token"),
        ({"payment_method": "dummy", "details": {"token": "tok_free"}}, "details.token"),
        ({"payment_method": "dummy", "details": {"token": ["tok_ok"]}}, "details.token"),
        ({"payment_method": "dummy", "details": {"token": "tok_ok", "pan": "4242424242424242"}}, "details.pan"),
        ({"payment_method": "dummy", "details": "tok_ok"}, "details"),
        ({"payment_method": "manual", "details": {"token": "tok_ok"}}, "details"),
        ({**DUMMY, "amount": "0.01"}, "amount"),
        ({**DUMMY, "status": "succeeded"}, "status"),
    ],
)
def test_bad_input_names_the_field(pay: Post, client_for: ApiClientFor, body: dict[str, object], field: str) -> None:
    order = order_worth("10.00")

    response = pay(client_for(buyer(order)), order.order_number, **body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Payment.objects.exists()


@override_settings(PAYMENT_GATEWAYS=["manual"])
def test_a_gateway_that_is_off_cannot_be_chosen(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")

    assert pay(client_for(buyer(order)), order.order_number).status_code == 400


def test_nobody_pays_a_stranger_s_order(pay: Post, guest: APIClient, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    guest.credentials(HTTP_X_ORDER_TOKEN="guessed")

    for client in (guest, client_for(UserFactory.create())):
        response = pay(client, order.order_number)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not Payment.objects.exists()


def test_staff_pay_for_customers_only_with_the_permission(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")

    reader = pay(client_for(staff_user("orders.view_order")), order.order_number)
    clerk = pay(client_for(staff_user("orders.view_order", "payments.add_payment")), order.order_number)

    assert (reader.status_code, clerk.status_code) == (403, 201)


@override_settings(PAYMENT_GATEWAY_TIMEOUT_SECONDS=0.05)
def test_a_slow_gateway_is_not_waited_for(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")

    response = pay(client_for(buyer(order)), order.order_number, **_dummy("tok_slow"))
    a_while_later()

    assert response.json()["status"] == "unknown"
    assert Payment.objects.get().status == "failed"
    order.refresh_from_db()
    assert order.status == "pending"
    assert breaches() == []


def test_the_order_shows_its_payments(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))
    pay(client, order.order_number, **_dummy("tok_declined"))
    pay(client, order.order_number)

    shown = client.get(f"/api/v1/orders/{order.order_number}/").json()["payments"]

    assert [payment["status"] for payment in shown] == ["failed", "succeeded"]
    assert set(shown[0]) == BODY_FIELDS - {"order_number"} | {"refunds"}
    assert "payment_details" not in shown[0]


def test_an_order_is_not_expired_while_its_payment_is_unknown() -> None:
    order = order_worth("10.00", expires_at=timezone.now() - timedelta(minutes=1))
    paid(order, "tok_timeout")

    assert life.expire_unpaid(now=timezone.now()) == 0
    a_while_later()
    assert life.expire_unpaid(now=timezone.now()) == 0
    order.refresh_from_db()
    assert order.status == "confirmed"
