"""POST payments/{id}/refunds/ and refunds/preview/: what was captured goes back once, to the cent."""

import random
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from common import outbox
from common.models import OutboxEvent
from orders.models import Order, OrderItem
from orders.services import life
from payments.models import DummyRefund, Payment, Refund, RefundItem
from products.models import StockMovement
from tests.conftest import ApiClientFor
from tests.factories.orders import OrderItemFactory, placed_order
from tests.factories.payments import (
    PaymentFactory,
    a_while_later,
    breaches,
    buyer,
    line_of,
    order_worth,
    paid,
    waiting_order,
)
from tests.factories.products import ProductFactory
from tests.payments.conftest import Post

pytestmark = pytest.mark.django_db

REFUND_FIELDS = {
    "id",
    "payment",
    "order_number",
    "amount",
    "currency",
    "status",
    "reason",
    "restock",
    "shipping_amount",
    "items",
    "refund_transaction_id",
    "created_at",
}


def _preview(client: APIClient, payment: Payment, **body: Any) -> Any:
    return client.post(f"/api/v1/payments/{payment.id}/refunds/preview/", body, format="json")


def _mixed_order() -> Order:
    """Three units at 10.00 and one at 5.00, 3.50 off (3.00 and 0.50), 10 % tax added, shipping 4.00 untaxed: 38.65."""
    first, second = ProductFactory.create(price=Decimal("10.00")), ProductFactory.create(price=Decimal("5.00"))
    order = waiting_order(
        (first, 3),
        (second, 1),
        shipping_cost=Decimal("4.00"),
        discount=Decimal("3.50"),
        tax=Decimal("3.15"),
    )
    shares = [("3.00", "2.70"), ("0.50", "0.45")]
    for item, (discount, tax) in zip(order.items.order_by("id"), shares, strict=True):
        OrderItem.objects.filter(id=item.id).update(discount_share=discount, tax_added=tax, tax_rate=10)
    return order


def _lines(body: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(item["quantity"], item["amount"], item["tax_amount"]) for item in body["items"]]


def test_an_amount_takes_the_lines_first(cashier: APIClient, refund: Post) -> None:
    payment = paid(_mixed_order())

    response = refund(cashier, payment.id, amount="10.00", reason="Scratched")

    body = response.json()
    assert response.status_code == 201
    assert set(body) == REFUND_FIELDS
    assert (body["amount"], body["status"], body["reason"]) == ("10.00", "succeeded", "Scratched")
    assert body["shipping_amount"] == "0.00"
    assert _lines(body) == [(0, "8.57", "0.78"), (0, "1.43", "0.13")]
    payment.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount)) == ("partially_refunded", "10.00")
    ledger = DummyRefund.objects.get()
    assert (ledger.idempotency_key, str(ledger.amount)) == (str(body["id"]), "10.00")
    assert breaches() == []


def test_an_amount_takes_shipping_last(cashier: APIClient, refund: Post) -> None:
    payment = paid(_mixed_order())

    body = refund(cashier, payment.id, amount="36.65").json()

    assert body["shipping_amount"] == "2.00"
    assert _lines(body) == [(0, "29.70", "2.70"), (0, "4.95", "0.45")]
    assert breaches() == []


def test_lines_are_refunded_by_unit_and_the_last_takes_the_rest(cashier: APIClient, refund: Post) -> None:
    order = waiting_order((ProductFactory.create(price=Decimal("10.00")), 3), discount=Decimal("20.00"))
    OrderItem.objects.update(discount_share="20.00")
    payment = paid(order)
    one = [{"order_item": line_of(order).id, "quantity": 1}]

    amounts = [refund(cashier, payment.id, items=one).json()["amount"] for _ in range(3)]
    fourth = refund(cashier, payment.id, items=one)

    assert amounts == ["3.33", "3.33", "3.34"]
    assert (fourth.status_code, fourth.json()["code"]) == (409, "refund_exceeds_payment")
    assert Payment.objects.get().status == "refunded"
    assert breaches() == []


def test_lines_with_shipping(cashier: APIClient, refund: Post) -> None:
    order = _mixed_order()
    payment = paid(order)
    first, second = order.items.order_by("id")
    items = [{"order_item": first.id, "quantity": 2}, {"order_item": second.id, "quantity": 1}]

    body = refund(cashier, payment.id, items=items, shipping=True).json()

    assert _lines(body) == [(2, "19.80", "1.80"), (1, "4.95", "0.45")]
    assert (body["shipping_amount"], body["amount"]) == ("4.00", "28.75")
    assert breaches() == []


def test_a_full_refund_ends_the_order(cashier: APIClient, refund: Post) -> None:
    order = _mixed_order()
    payment = paid(order)

    body = refund(cashier, payment.id, amount="38.65").json()

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (body["status"], payment.status, order.status) == ("succeeded", "refunded", "refunded")
    assert OutboxEvent.objects.filter(name="order.refunded").count() == 1
    event = OutboxEvent.objects.get(name="refund.succeeded")
    assert event.resource == f"refund:{body['id']}"
    assert event.payload == {
        "refund_id": body["id"],
        "payment_id": payment.id,
        "order_id": order.id,
        "order_number": order.order_number,
        "amount": "38.65",
        "currency": "USD",
        "is_surplus": False,
    }
    assert breaches() == []


@pytest.mark.parametrize("seed", range(6))
def test_any_parts_end_at_exactly_nothing(cashier: APIClient, refund: Post, seed: int) -> None:
    chance = random.Random(seed)
    order = _mixed_order()
    payment = paid(order)
    lines = list(order.items.order_by("id"))

    for _ in range(4):
        line = chance.choice(lines)
        refund(cashier, payment.id, items=[{"order_item": line.id, "quantity": 1}], shipping=chance.random() < 0.3)
        refund(cashier, payment.id, amount=f"{chance.randint(1, 400) / 100:.2f}")
    left = _preview(cashier, payment).json()["refundable_amount"]
    if left != "0.00":
        assert refund(cashier, payment.id, amount=left).status_code == 201

    payment.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount)) == ("refunded", "38.65")
    assert sum(Refund.objects.values_list("amount", flat=True)) == Decimal("38.65")
    worth = {lines[0].id: Decimal("29.70"), lines[1].id: Decimal("4.95")}
    tax = {lines[0].id: Decimal("2.70"), lines[1].id: Decimal("0.45")}
    for line in lines:
        parts = RefundItem.objects.filter(order_item=line)
        assert sum(part.amount for part in parts) == worth[line.id]
        assert sum(part.tax_amount for part in parts) == tax[line.id]
    assert breaches() == []


def test_more_than_is_left_is_refused(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("100.00"))
    refund(cashier, payment.id, amount="60.00")

    response = refund(cashier, payment.id, amount="40.01")

    assert (response.status_code, response.json()["code"]) == (409, "refund_exceeds_payment")
    assert response.json()["refundable_amount"] == "40.00"
    assert Refund.objects.count() == 1
    assert breaches() == []


@pytest.mark.parametrize("status", ["pending", "processing", "unknown", "failed", "cancelled"])
def test_nothing_goes_back_that_never_came(cashier: APIClient, refund: Post, status: str) -> None:
    payment = PaymentFactory.create(status=status)

    response = refund(cashier, payment.id, amount="1.00")

    assert (response.status_code, response.json()["code"]) == (409, "payment_not_captured")
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-10.00"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e9"}, "amount"),
        ({"amount": None}, "amount"),
        ({}, "amount"),
        ({"items": []}, "amount"),
        ({"items": [{"order_item": 1, "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"order_item": 1, "quantity": -1}]}, "items.0.quantity"),
        ({"items": [{"order_item": 1, "quantity": 1, "amount": "5.00"}]}, "items.0.amount"),
        ({"items": [{"order_item": 1, "quantity": 1}, {"order_item": 1, "quantity": 1}]}, "items"),
        ({"amount": "1.00", "shipping": True}, "amount"),
        ({"amount": "1.00", "items": [{"order_item": 1, "quantity": 1}]}, "amount"),
        ({"amount": "1.00", "currency": "EUR"}, "currency"),
        ({"amount": "1.00", "restock": True}, "restock"),
        ({"amount": "1.00", "restock": "perhaps"}, "restock"),
        ({"amount": "1.00", "reason": "\x00"}, "reason"),
    ],
)
def test_bad_input_names_the_field(cashier: APIClient, refund: Post, body: dict[str, Any], field: str) -> None:
    payment = paid(order_worth("10.00"))

    response = refund(cashier, payment.id, **body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Refund.objects.exists()


def test_a_line_of_another_order_is_refused(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("10.00"))
    foreign = line_of(order_worth("10.00"))

    response = refund(cashier, payment.id, items=[{"order_item": foreign.id, "quantity": 1}])

    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "unknown_item")
    assert not Refund.objects.exists()


def test_the_key_is_required(cashier: APIClient) -> None:
    payment = paid(order_worth("10.00"))

    response = cashier.post(f"/api/v1/payments/{payment.id}/refunds/", {"amount": "1.00"}, format="json")

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")


def test_the_same_key_refunds_once(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("10.00"))

    first = refund(cashier, payment.id, key="once", amount="4.00")
    second = refund(cashier, payment.id, key="once", amount="4.00")

    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (201, "true")
    assert second.json() == first.json()
    assert DummyRefund.objects.count() == 1


def test_refused_by_the_gateway_leaves_the_books_as_they_were(cashier: APIClient, refund: Post) -> None:
    order = _mixed_order()
    payment = paid(order, "tok_refund_refused")

    response = refund(cashier, payment.id, amount="38.65", restock=True)

    assert (response.status_code, response.json()["status"]) == (201, "failed")
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount), order.status) == ("succeeded", "0.00", "confirmed")
    assert _preview(cashier, payment).json()["refundable_amount"] == "38.65"
    assert OutboxEvent.objects.filter(name="refund.failed").count() == 1
    assert not StockMovement.objects.filter(reason="return").exists()
    assert breaches() == []


def test_a_lost_answer_is_looked_up(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("10.00"), "tok_refund_timeout")

    lost = refund(cashier, payment.id, amount="4.00")
    too_much = refund(cashier, payment.id, amount="6.01")
    a_while_later()

    assert (lost.status_code, lost.json()["status"]) == (201, "processing")
    assert too_much.status_code == 409
    assert Refund.objects.get().status == "succeeded"
    assert DummyRefund.objects.count() == 1
    assert Payment.objects.get().status == "partially_refunded"
    assert breaches() == []


def test_named_units_go_back_to_stock(cashier: APIClient, refund: Post) -> None:
    product = ProductFactory.create(stock=10)
    order = waiting_order((product, 3))
    payment = paid(order)

    refund(cashier, payment.id, items=[{"order_item": line_of(order).id, "quantity": 2}], restock=True)

    product.refresh_from_db()
    assert product.stock_quantity == 9
    movement = StockMovement.objects.get(reason="return")
    assert (movement.delta, movement.order_number) == (2, order.order_number)
    assert RefundItem.objects.get().restocked_quantity == 2
    assert breaches() == []


def test_everything_goes_back_with_the_whole_amount(cashier: APIClient, refund: Post) -> None:
    product = ProductFactory.create(stock=10)
    payment = paid(waiting_order((product, 3)))

    refund(cashier, payment.id, amount="30.00", restock=True)

    product.refresh_from_db()
    assert product.stock_quantity == 10
    assert breaches() == []


def test_a_bank_transfer_is_refunded_at_once(cashier: APIClient, refund: Post, pay: Post, client_for: Any) -> None:
    order = order_worth("10.00")
    started = pay(client_for(buyer(order)), order.order_number, payment_method="manual").json()
    cashier.post(f"/api/v1/payments/{started['id']}/capture/", format="json")

    body = refund(cashier, started["id"], amount="10.00").json()

    assert (body["status"], body["refund_transaction_id"]) == ("succeeded", f"manual-refund-{body['id']}")
    order.refresh_from_db()
    assert order.status == "refunded"
    assert breaches() == []


def test_a_free_line_costs_nothing_to_give_back(cashier: APIClient, refund: Post) -> None:
    order = waiting_order(
        (ProductFactory.create(price=Decimal("0.00")), 1), (ProductFactory.create(price=Decimal("5.00")), 1)
    )
    payment = paid(order)
    free = line_of(order)

    response = refund(cashier, payment.id, items=[{"order_item": free.id, "quantity": 1}])

    assert (response.status_code, response.json()["code"]) == (409, "refund_exceeds_payment")


def test_cancelling_a_paid_order_gives_everything_back(pay: Post, client_for: ApiClientFor) -> None:
    product = ProductFactory.create(stock=10)
    order = waiting_order((product, 3))
    payment = paid(order)

    client_for(buyer(order)).post(f"/api/v1/orders/{order.order_number}/cancel/", format="json")
    a_while_later()

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, str(payment.refunded_amount), order.status) == ("refunded", "30.00", "cancelled")
    item = RefundItem.objects.get()
    assert (item.quantity, item.restocked_quantity) == (3, 3)
    product.refresh_from_db()
    assert product.stock_quantity == 10
    assert breaches() == []


def test_the_worker_gives_a_cancelled_order_s_money_back(django_capture_on_commit_callbacks: Any) -> None:
    payment = paid(order_worth("10.00"))
    pending = paid(order_worth("10.00"), "tok_pending")
    for order in (payment.order, pending.order):
        life.cancel(order_number=order.order_number)

    with django_capture_on_commit_callbacks(execute=True):
        outbox.relay()

    payment.refresh_from_db()
    pending.refresh_from_db()
    assert (payment.status, pending.status) == ("refunded", "cancelled")
    assert breaches() == []


def test_cancelling_after_a_partial_refund_gives_the_rest_back(cashier: APIClient, refund: Post) -> None:
    product = ProductFactory.create(stock=10)
    order = waiting_order((product, 3))
    payment = paid(order)
    refund(cashier, payment.id, items=[{"order_item": line_of(order).id, "quantity": 1}], restock=True)

    life.cancel(order_number=order.order_number)
    a_while_later()

    assert [str(amount) for amount in Refund.objects.order_by("id").values_list("amount", flat=True)] == [
        "10.00",
        "20.00",
    ]
    assert list(RefundItem.objects.order_by("id").values_list("quantity", "restocked_quantity")) == [(1, 1), (2, 2)]
    product.refresh_from_db()
    assert product.stock_quantity == 10
    assert breaches() == []


def test_cancelling_withdraws_what_is_pending() -> None:
    order = order_worth("10.00")
    payment = paid(order, "tok_pending")

    life.cancel(order_number=order.order_number)
    a_while_later()

    payment.refresh_from_db()
    assert payment.status == "cancelled"
    assert breaches() == []


def test_the_preview_spreads_and_writes_nothing(cashier: APIClient) -> None:
    order = _mixed_order()
    payment = paid(order)

    everything = _preview(cashier, payment).json()
    part = _preview(cashier, payment, amount="10.00").json()

    first, second = order.items.order_by("id")
    assert everything == {
        "payment": payment.id,
        "currency": "USD",
        "refundable_amount": "38.65",
        "amount": "38.65",
        "shipping_amount": "4.00",
        "items": [
            {"order_item": first.id, "quantity": 3, "amount": "29.70", "tax_amount": "2.70"},
            {"order_item": second.id, "quantity": 1, "amount": "4.95", "tax_amount": "0.45"},
        ],
    }
    assert (part["refundable_amount"], part["amount"], part["shipping_amount"]) == ("38.65", "10.00", "0.00")
    assert not Refund.objects.exists()


def test_the_preview_refuses_what_the_refund_would(cashier: APIClient) -> None:
    payment = paid(order_worth("10.00"))

    assert _preview(cashier, payment, amount="10.01").json()["code"] == "refund_exceeds_payment"
    assert _preview(cashier, payment, amount="0").status_code == 400
    assert _preview(cashier, PaymentFactory.create()).json()["code"] == "payment_not_captured"


def test_customers_refund_nothing(user_client: APIClient, guest: APIClient, refund: Post, client_for: Any) -> None:
    order = order_worth("10.00")
    payment = paid(order)

    assert refund(client_for(buyer(order)), payment.id, amount="1.00").status_code == 403
    assert refund(user_client, payment.id, amount="1.00").status_code == 403
    assert refund(guest, payment.id, amount="1.00").status_code == 401
    assert _preview(user_client, payment).status_code == 403
    assert not Refund.objects.exists()


def test_a_payment_that_is_not_there(cashier: APIClient, refund: Post) -> None:
    for payment_id in (987654321, 10**30):
        assert refund(cashier, payment_id, amount="1.00").status_code == 404
        assert cashier.post(f"/api/v1/payments/{payment_id}/refunds/preview/", format="json").status_code == 404


def test_gross_prices_keep_their_contained_tax_apart(cashier: APIClient, refund: Post) -> None:
    order = placed_order(prices_include_tax=True, subtotal=Decimal("12.00"), tax_included=Decimal("2.00"))
    OrderItem.objects.all().delete()
    OrderItemFactory.create(order=order, price=Decimal("12.00"), tax_rate=20, tax_included=Decimal("2.00"))
    payment = paid(order)

    body = refund(cashier, payment.id, amount="6.00").json()

    assert _lines(body) == [(0, "6.00", "1.00")]
