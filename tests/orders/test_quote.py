"""POST checkout/quote/: what the cart would cost, delivered."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from orders.models import Order
from products.models import Product
from shipping.models import ShippingMethod
from tests.factories.authentication import AddressFactory
from tests.factories.orders import ADDRESS, CartFactory, CartItemFactory, CouponFactory, TaxRateFactory
from tests.factories.shipping import ShippingMethodFactory, ShippingRateFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db

QUOTE = "/api/v1/checkout/quote/"


def test_without_a_method_the_total_is_open(shopper: APIClient, method: ShippingMethod) -> None:
    express = ShippingMethodFactory.create(name="Express", price="15.00", delivery_time="1 day")
    TaxRateFactory.create()

    body = shopper.post(QUOTE, {"shipping_address": ADDRESS}).json()

    assert body == {
        "shipping_methods": [
            {"id": method.id, "name": "Standard", "price": "5.00", "delivery_time": "3-5 days"},
            {"id": express.id, "name": "Express", "price": "15.00", "delivery_time": "1 day"},
        ],
        "subtotal": "39.80",
        "discount": "0.00",
        "shipping_cost": None,
        "tax": None,
        "total": None,
        "tax_lines": [],
        "currency": "USD",
        "problems": [],
    }


def test_with_a_method_it_is_what_checkout_takes(shopper: APIClient, wish: dict[str, Any]) -> None:
    TaxRateFactory.create(rate="7.250", region="CA", applies_to_shipping=True)
    shopper.post("/api/v1/cart/coupon/", {"code": CouponFactory.create(kind="free_shipping", value=0).code})
    asked = {"shipping_address": ADDRESS, "shipping_method": wish["shipping_method"]}

    quote = shopper.post(QUOTE, asked).json()

    assert (quote["shipping_cost"], quote["discount"], quote["tax"], quote["total"]) == (
        "5.00",
        "5.00",
        "2.89",
        "42.69",
    )
    assert quote["tax_lines"] == [{"name": "Sales tax", "rate": "7.25", "amount": "2.89", "included": False}]
    order = shopper.post("/api/v1/checkout/", {**wish, "expected_total": quote["total"]}).json()
    names = ("subtotal", "discount", "shipping_cost", "tax", "total", "tax_lines")
    assert {name: order[name] for name in names} == {name: quote[name] for name in names}


def test_a_place_is_enough(shopper: APIClient) -> None:
    rate = ShippingRateFactory.create(shipping_zone=ShippingZoneFactory.create(regions=["CA"]), price="4.00")

    here = shopper.post(QUOTE, {"shipping_address": {"country": "us", "state": "California"}}).json()
    there = shopper.post(QUOTE, {"shipping_address": {"country": "US", "state": "NV"}}).json()

    assert [option["id"] for option in here["shipping_methods"]] == [rate.shipping_method_id]
    assert there["shipping_methods"] == []


def test_a_saved_address(user: User, user_client: APIClient, method: ShippingMethod) -> None:
    CartItemFactory.create(cart=CartFactory.create(user=user))
    mine, theirs = AddressFactory.create(user=user), AddressFactory.create()

    assert user_client.post(QUOTE, {"shipping_address": mine.id}).status_code == 200
    refused = user_client.post(QUOTE, {"shipping_address": theirs.id})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "does_not_exist")


def test_problems_are_told_not_refused(shopper: APIClient, method: ShippingMethod) -> None:
    Product.objects.update(is_active=False)

    body = shopper.post(QUOTE, {"shipping_address": ADDRESS, "shipping_method": method.id}).json()

    assert [problem["code"] for problem in body["problems"]] == ["product_unavailable"]


def test_without_a_cart_there_is_nothing_to_quote(guest: APIClient) -> None:
    answer = guest.post(QUOTE, {"shipping_address": ADDRESS})

    assert (answer.status_code, answer.json()["code"]) == (409, "cart_empty")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "shipping_address"),
        ({"shipping_address": {}}, "shipping_address.country"),
        ({"shipping_address": {"country": "ZZ"}}, "shipping_address.country"),
        ({"shipping_address": ADDRESS, "shipping_method": 4711}, "shipping_method"),
        ({"shipping_address": ADDRESS, "email": "x"}, "email"),
    ],
)
def test_bad_input_is_named(shopper: APIClient, sent: dict[str, Any], field: str) -> None:
    answer = shopper.post(QUOTE, sent)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert not Order.objects.exists()
