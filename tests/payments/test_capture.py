"""POST payments/{id}/capture/: staff say that a bank transfer arrived."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import Order
from orders.services import life
from payments.models import Payment
from payments.services import payments
from tests.conftest import ApiClientFor
from tests.factories.payments import a_while_later, breaches, buyer, order_worth, paid

pytestmark = pytest.mark.django_db


def _transfer(order: Order) -> Payment:
    return payments.start_payment(order=order, payment_method="manual")


def _capture(client: APIClient, payment_id: int, **body: object) -> Any:
    return client.post(f"/api/v1/payments/{payment_id}/capture/", body, format="json")


def test_the_money_confirms_the_order(cashier: APIClient) -> None:
    order = order_worth("10.00")
    payment = _transfer(order)

    response = _capture(cashier, payment.id)

    assert response.status_code == 200
    body = response.json()
    assert (body["id"], body["status"], body["transaction_id"]) == (payment.id, "succeeded", f"manual-{payment.id}")
    assert body["client_action"] is None
    order.refresh_from_db()
    assert (order.status, order.expires_at) == ("confirmed", None)
    assert breaches() == []


def test_it_is_booked_once(cashier: APIClient) -> None:
    payment = _transfer(order_worth("10.00"))
    _capture(cashier, payment.id)

    again = _capture(cashier, payment.id)

    assert (again.status_code, again.json()["code"]) == (409, "payment_not_capturable")
    assert breaches() == []


def test_a_repeat_with_the_same_key_is_answered_the_same(cashier: APIClient) -> None:
    payment = _transfer(order_worth("10.00"))
    path, headers = f"/api/v1/payments/{payment.id}/capture/", {"Idempotency-Key": "once"}

    first = cashier.post(path, headers=headers, format="json")
    second = cashier.post(path, headers=headers, format="json")

    assert (second.status_code, second.json()) == (200, first.json())
    assert second.headers["Idempotent-Replayed"] == "true"


def test_money_for_a_cancelled_order_is_a_surplus_and_goes_back(cashier: APIClient) -> None:
    order = order_worth("10.00")
    payment = _transfer(order)
    life.cancel(order_number=order.order_number)
    a_while_later()

    response = _capture(cashier, payment.id)
    a_while_later()

    assert (response.status_code, response.json()["is_surplus"]) == (200, True)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount), order.status) == ("refunded", "10.00", "cancelled")
    assert breaches() == []


def test_money_for_an_order_paid_otherwise_is_a_surplus_and_goes_back(cashier: APIClient) -> None:
    order = order_worth("10.00")
    transfer = _transfer(order)
    card = paid(order)

    _capture(cashier, transfer.id)
    a_while_later()

    rows = Payment.objects.order_by("id").values_list("id", "status", "is_surplus")
    assert list(rows) == [(transfer.id, "refunded", True), (card.id, "succeeded", False)]
    order.refresh_from_db()
    assert order.status == "confirmed"
    assert breaches() == []


def test_only_bank_transfers_are_captured(cashier: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")

    response = _capture(cashier, payment.id)

    assert (response.status_code, response.json()["code"]) == (409, "payment_not_capturable")
    payment.refresh_from_db()
    assert payment.status == "pending"


def test_the_body_says_nothing(cashier: APIClient) -> None:
    payment = _transfer(order_worth("10.00"))

    response = _capture(cashier, payment.id, amount="1.00")

    assert (response.status_code, response.json()["code"]) == (400, "unknown_field")


def test_customers_capture_nothing(guest: APIClient, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    payment = _transfer(order)

    assert _capture(client_for(buyer(order)), payment.id).status_code == 403
    assert _capture(guest, payment.id).status_code == 401
    payment.refresh_from_db()
    assert payment.status == "pending"


def test_a_payment_that_is_not_there(cashier: APIClient) -> None:
    assert _capture(cashier, 987654321).status_code == 404
