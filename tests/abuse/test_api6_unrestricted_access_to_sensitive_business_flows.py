"""API6:2023 Unrestricted access to sensitive business flows: buying, paying and refunding in ways nobody meant.

The same flows in parallel stand in tests/concurrency, each with a careless twin.
"""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from orders.models import Order
from products.models import Product
from products.services import stock
from products.services.stock import StockKey
from shipping.models import ShippingMethod
from tests.abuse.conftest import StaffClient, Victim
from tests.abuse.untouched import PREFIX, fields_of, refused
from tests.conftest import ApiClientFor
from tests.factories.orders import ADDRESS, CouponFactory
from tests.factories.payments import paid, waiting_order
from tests.factories.products import ReviewFactory

pytestmark = pytest.mark.django_db

PAYMENT = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


def wish(method: ShippingMethod, **fields: Any) -> dict[str, Any]:
    return {"shipping_address": ADDRESS, "shipping_method": method.pk, **fields}


def test_a_sold_out_thing(shopper: APIClient, product: Product, method: ShippingMethod) -> None:
    stock.adjust(key=StockKey(product.pk, None), note="gone", delta=-10, quantity=None, expected_quantity=None)

    refused(shopper, "post", "checkout/", wish(method), status=409, code="out_of_stock")


def test_a_thing_taken_off_the_shop(shopper: APIClient, product: Product, method: ShippingMethod) -> None:
    Product.objects.filter(pk=product.pk).update(is_active=False)

    refused(shopper, "post", "checkout/", wish(method), status=409, code="product_unavailable")


@pytest.mark.parametrize("expected", ["0.00", "0.01", "19.90"])
def test_a_total_of_the_client_s_own(shopper: APIClient, method: ShippingMethod, expected: str) -> None:
    refused(shopper, "post", "checkout/", wish(method, expected_total=expected), status=409, code="total_changed")


def test_one_cart_twice(shopper: APIClient, method: ShippingMethod) -> None:
    assert shopper.post(f"{PREFIX}checkout/", wish(method)).status_code == 201

    refused(shopper, "post", "checkout/", wish(method), status=409, code="cart_already_ordered")


def test_nothing_at_all(attacker_client: APIClient, method: ShippingMethod) -> None:
    refused(attacker_client, "post", "checkout/", wish(method), status=409, code="cart_empty")


@pytest.mark.parametrize("change", [{"notes": "other"}, {"expected_total": "1.00"}])
def test_a_key_for_another_wish(shopper: APIClient, method: ShippingMethod, change: dict[str, str]) -> None:
    headers = {"Idempotency-Key": "once"}
    assert shopper.post(f"{PREFIX}checkout/", wish(method), headers=headers).status_code == 201

    body = wish(method, **change)
    refused(shopper, "post", "checkout/", body, status=422, code="idempotency_key_reused", headers=headers)


def test_a_key_at_another_door(shopper: APIClient, method: ShippingMethod) -> None:
    headers = {"Idempotency-Key": "once"}
    assert shopper.post(f"{PREFIX}checkout/", wish(method), headers=headers).status_code == 201

    refused(shopper, "post", "addresses/", ADDRESS, status=422, code="idempotency_key_reused", headers=headers)


@pytest.mark.parametrize(
    "coupon",
    [
        {"is_active": False},
        {"max_uses": 1, "use_count": 1},
        {"minimum_subtotal": "10000.00"},
        {"ends_at": "2020-01-01T00:00:00Z", "starts_at": "2019-01-01T00:00:00Z"},
        {"starts_at": "2999-01-01T00:00:00Z"},
    ],
    ids=["switched off", "used up", "for more", "expired", "not yet"],
)
@pytest.mark.bare_rows
def test_a_coupon_that_is_not_for_this(shopper: APIClient, coupon: dict[str, Any]) -> None:
    CouponFactory.create(code="SAVE", **coupon)

    refused(shopper, "post", "cart/coupon/", {"code": "save"}, status=409, code="coupon_invalid")


@pytest.mark.parametrize("code", ["NOSUCH", "SAVE%", "S*", "' OR ''='"])
def test_a_coupon_by_guess(shopper: APIClient, code: str) -> None:
    CouponFactory.create(code="SAVE")

    refused(shopper, "post", "cart/coupon/", {"code": code}, status=409, code="coupon_invalid")


def pay(client: APIClient, order: Order, **expected: Any) -> Any:
    address = f"orders/{order.order_number}/payments/"
    return refused(client, "post", address, PAYMENT, headers={"Idempotency-Key": "pay"}, **expected)


@pytest.mark.parametrize("state", ["cancelled", "refunded", "delivered"])
def test_an_order_that_waits_for_no_money(client_for: ApiClientFor, victim: Victim, state: str) -> None:
    Order.objects.filter(pk=victim.unpaid.pk).update(status=state)

    pay(client_for(victim.user), victim.unpaid, status=409, code="order_not_payable")


def test_an_order_that_is_paid(client_for: ApiClientFor, victim: Victim) -> None:
    pay(client_for(victim.user), victim.order, status=409, code="order_not_payable")


def test_a_second_payment_beside_one_that_may_succeed(client_for: ApiClientFor, victim: Victim) -> None:
    paid(victim.unpaid, "tok_timeout")

    pay(client_for(victim.user), victim.unpaid, status=409, code="payment_in_progress")


def test_a_payment_without_a_key(client_for: ApiClientFor, victim: Victim) -> None:
    address = f"orders/{victim.unpaid.order_number}/payments/"

    refused(client_for(victim.user), "post", address, PAYMENT, status=400, code="idempotency_key_required")


@pytest.mark.parametrize("payment", ["stripe", "cash", "Dummy", "../dummy", ""])
def test_a_way_to_pay_that_is_not_offered(client_for: ApiClientFor, victim: Victim, payment: str) -> None:
    body = {"payment_method": payment, "details": {"token": "tok_ok"}}
    address = f"orders/{victim.unpaid.order_number}/payments/"

    headers = {"Idempotency-Key": "pay"}
    refused(client_for(victim.user), "post", address, body, status=400, code="invalid", headers=headers)


@pytest.mark.parametrize("amount", ["-10.00", "0", "0.001", "NaN", "1e9", "10,00", None])
def test_a_refund_of_no_money(staff_client: StaffClient, victim: Victim, amount: Any) -> None:
    cashier = staff_client("payments.add_refund")
    address = f"payments/{victim.payment.pk}/refunds/"

    headers = {"Idempotency-Key": "back"}
    answer = refused(cashier, "post", address, {"amount": amount}, status=400, code="invalid", headers=headers)
    assert fields_of(answer) == {"amount"}


def test_a_refund_of_more_than_was_paid(staff_client: StaffClient, victim: Victim) -> None:
    cashier = staff_client("payments.add_refund")
    address = f"payments/{victim.payment.pk}/refunds/"

    headers, body = {"Idempotency-Key": "back"}, {"amount": "19.91"}
    refused(cashier, "post", address, body, status=409, code="refund_exceeds_payment", headers=headers)


def test_a_refund_of_money_that_never_came(staff_client: StaffClient, victim: Victim) -> None:
    cashier = staff_client("payments.add_refund")
    declined = paid(waiting_order(user=victim.user), "tok_declined")

    headers, body = {"Idempotency-Key": "back"}, {"amount": "1.00"}
    address = f"payments/{declined.pk}/refunds/"
    refused(cashier, "post", address, body, status=409, code="payment_not_captured", headers=headers)


def test_a_card_payment_captured_by_hand(staff_client: StaffClient, victim: Victim) -> None:
    cashier = staff_client("payments.change_payment")

    address = f"payments/{victim.payment.pk}/capture/"
    refused(cashier, "post", address, {}, status=409, code="payment_not_capturable")


def test_a_second_review(attacker: User, attacker_client: APIClient, product: Product) -> None:
    ReviewFactory.create(product=product, user=attacker)

    body = {"rating": 5, "title": "Again", "comment": "And again"}
    address = f"products/{product.slug}/reviews/"
    refused(attacker_client, "post", address, body, status=409, code="already_reviewed")


@pytest.mark.parametrize("rating", [0, 6, -1, 4.5, "five"])
def test_a_rating_beyond_the_stars(attacker_client: APIClient, product: Product, rating: Any) -> None:
    body = {"rating": rating, "title": "Great", "comment": "Buy"}

    refused(attacker_client, "post", f"products/{product.slug}/reviews/", body, status=400, code="invalid")
