"""POST checkout/: a cart becomes an order."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from authentication.models import User
from common.integrity import run_checks
from common.models import OutboxEvent
from common.tokens import hash_token
from orders.models import Cart, CouponUse, Order, OrderItem
from products.models import Product, StockMovement
from shipping.models import ShippingMethod
from tests.factories.authentication import AddressFactory
from tests.factories.orders import (
    ADDRESS,
    CartFactory,
    CartItemFactory,
    CouponFactory,
    TaxRateFactory,
)
from tests.factories.products import ProductFactory, VariationFactory
from tests.factories.shipping import ShippingMethodFactory, ShippingRateFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db

CHECKOUT = "/api/v1/checkout/"


def _breaches() -> list[str]:
    return [breach for result in run_checks() for breach in result.breaches]


def _nothing_happened() -> bool:
    return not (Order.objects.exists() or StockMovement.objects.exclude(reason="opening").exists())


def test_a_guest_places_an_order(shopper: APIClient, product: Product, wish: dict[str, Any]) -> None:
    TaxRateFactory.create(rate="10.000")

    body = shopper.post(CHECKOUT, {**wish, "notes": "Ring twice"}).json()

    order = Order.objects.get()
    assert body["access_token"]
    assert order.access_token_hash == hash_token(body["access_token"])
    assert order.user is None
    assert {name: body[name] for name in ("subtotal", "shipping_cost", "tax", "discount", "total", "currency")} == {
        "subtotal": "39.80",
        "shipping_cost": "5.00",
        "tax": "3.98",
        "discount": "0.00",
        "total": "48.78",
        "currency": "USD",
    }
    assert (body["status"], body["email"], body["notes"]) == ("pending", "ada@example.com", "Ring twice")
    assert body["shipping_address"] == body["billing_address"] == ADDRESS
    assert (body["payments"], [event["code"] for event in body["events"]]) == ([], ["placed"])
    assert body["items"] == [
        {
            "id": order.items.get().id,
            "product": product.id,
            "variation": None,
            "product_name": product.name,
            "product_sku": product.sku,
            "variation_name": None,
            "quantity": 2,
            "price": "19.90",
            "total_price": "39.80",
        }
    ]
    assert order.items.get().unit_cost == Decimal("8.00")
    assert _breaches() == []


def test_the_stock_is_taken_and_held_for_a_while(
    shopper: APIClient, product: Product, wish: dict[str, Any], settings: Settings
) -> None:
    settings.ORDER_PAYMENT_MINUTES = 30

    shopper.post(CHECKOUT, wish)

    order = Order.objects.get()
    product.refresh_from_db()
    assert product.stock_quantity == 8
    movement = StockMovement.objects.get(order_number=order.order_number)
    assert (movement.delta, movement.reason) == (-2, "sale")
    assert order.expires_at is not None
    assert abs(order.expires_at - timezone.now() - timedelta(minutes=30)) < timedelta(minutes=1)
    assert OutboxEvent.objects.get(name="order.placed").payload == {
        "order_id": order.id,
        "order_number": order.order_number,
    }


def test_a_user_orders_to_a_saved_address(
    user: User, user_client: APIClient, product: Product, method: ShippingMethod
) -> None:
    user.first_name, user.last_name = "Grace", "Hopper"
    user.save()
    home, office = AddressFactory.create(user=user, full_name=""), AddressFactory.create(user=user, city="Reno")
    CartItemFactory.create(cart=CartFactory.create(user=user), product=product)

    body = user_client.post(
        CHECKOUT, {"shipping_address": home.id, "billing_address": office.id, "shipping_method": method.id}
    ).json()

    order = Order.objects.get()
    assert "access_token" not in body
    assert (order.user, order.email, order.shipping_address, order.billing_address) == (user, user.email, home, office)
    assert body["shipping_address"]["full_name"] == "Grace Hopper"
    assert (body["billing_address"]["full_name"], body["billing_address"]["city"]) == ("Ada Buyer", "Reno")


def test_later_edits_change_no_order(
    user: User, user_client: APIClient, method: ShippingMethod, product: Product
) -> None:
    address = AddressFactory.create(user=user)
    CartItemFactory.create(cart=CartFactory.create(user=user), product=product)
    placed = user_client.post(CHECKOUT, {"shipping_address": address.id, "shipping_method": method.id}).json()

    address.delete()
    Product.objects.update(name="Renamed", price=1, sku="NEW", cost_price=1)
    ShippingMethod.objects.update(name="Renamed", price=99)
    User.objects.filter(id=user.id).update(email="new@example.com")

    now = user_client.get(f"/api/v1/orders/{placed['order_number']}/").json()
    assert {**now, "updated_at": ""} == {**placed, "updated_at": ""}


def test_an_order_number_is_short_and_random(
    user: User, user_client: APIClient, product: Product, wish: dict[str, Any]
) -> None:
    numbers = set()
    for _ in range(3):
        CartItemFactory.create(cart=CartFactory.create(user=user), product=product)
        numbers.add(user_client.post(CHECKOUT, wish).json()["order_number"])

    assert len(numbers) == 3
    assert {len(number) for number in numbers} == {10}
    assert set().union(*numbers) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_a_taken_number_is_drawn_again(
    shopper: APIClient, wish: dict[str, Any], monkeypatch: pytest.MonkeyPatch, user_client: APIClient, user: User
) -> None:
    CartItemFactory.create(cart=CartFactory.create(user=user))
    draws = iter(["AAAAAAAAAA", "AAAAAAAAAA", "BBBBBBBBBB"])
    monkeypatch.setattr("orders.services.checkout.snapshots.make_order_number", lambda: next(draws))

    numbers = [client.post(CHECKOUT, wish).json()["order_number"] for client in (shopper, user_client)]

    assert numbers == ["AAAAAAAAAA", "BBBBBBBBBB"]
    assert _breaches() == []


def test_a_cart_becomes_one_order(shopper: APIClient, wish: dict[str, Any]) -> None:
    assert shopper.post(CHECKOUT, wish).status_code == 201

    again = shopper.post(CHECKOUT, wish)

    assert (again.status_code, again.json()["code"]) == (409, "cart_already_ordered")
    assert Order.objects.count() == 1
    assert shopper.get("/api/v1/cart/").json()["items"] == []


def test_a_users_ordered_cart_is_said_to_be_ordered(user: User, user_client: APIClient, wish: dict[str, Any]) -> None:
    CartItemFactory.create(cart=CartFactory.create(user=user))
    user_client.post(CHECKOUT, wish)

    assert user_client.post(CHECKOUT, wish).json()["code"] == "cart_already_ordered"


@pytest.mark.parametrize("token", [None, "made-up"])
def test_without_a_cart_there_is_nothing_to_order(guest: APIClient, wish: dict[str, Any], token: str | None) -> None:
    answer = guest.post(CHECKOUT, wish, headers={"X-Cart-Token": token} if token else {})

    assert (answer.status_code, answer.json()["code"]) == (409, "cart_empty")


def test_an_emptied_cart_is_empty(shopper: APIClient, wish: dict[str, Any]) -> None:
    item_id = shopper.get("/api/v1/cart/").json()["items"][0]["id"]
    shopper.delete(f"/api/v1/cart/items/{item_id}/")

    assert shopper.post(CHECKOUT, wish).json()["code"] == "cart_empty"


def test_every_short_line_is_named(user: User, user_client: APIClient, wish: dict[str, Any]) -> None:
    cart = CartFactory.create(user=user)
    plenty, short, sized = ProductFactory.create(), ProductFactory.create(stock=1), VariationFactory.create(stock=0)
    CartItemFactory.create(cart=cart, product=plenty)
    CartItemFactory.create(cart=cart, product=short, quantity=3)
    CartItemFactory.create(cart=cart, product=sized.product, variation=sized)

    answer = user_client.post(CHECKOUT, wish)

    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
    assert answer.json()["lines"] == [
        {"product": short.id, "variation": None, "requested": 3, "available": 1},
        {"product": sized.product_id, "variation": sized.id, "requested": 1, "available": 0},
    ]
    assert _nothing_happened()
    assert Cart.objects.get().is_active


def test_what_is_no_longer_sold_stops_checkout(shopper: APIClient, product: Product, wish: dict[str, Any]) -> None:
    Product.objects.update(is_active=False)

    answer = shopper.post(CHECKOUT, wish)

    assert (answer.status_code, answer.json()["code"]) == (409, "product_unavailable")
    assert [line["product"] for line in answer.json()["lines"]] == [product.id]
    assert _nothing_happened()


def test_another_total_than_expected_is_told_with_both(
    shopper: APIClient, product: Product, wish: dict[str, Any]
) -> None:
    Product.objects.update(price="20.00")

    answer = shopper.post(CHECKOUT, {**wish, "expected_total": "44.80"})

    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "total_changed")
    assert (body["expected_total"], body["total"]) == ("44.80", "45.00")
    assert _nothing_happened()
    assert shopper.post(CHECKOUT, {**wish, "expected_total": "45.00"}).status_code == 201


def test_a_coupon_is_used_up_with_the_order(shopper: APIClient, wish: dict[str, Any]) -> None:
    coupon = CouponFactory.create(max_uses=1)
    shopper.post("/api/v1/cart/coupon/", {"code": coupon.code})

    body = shopper.post(CHECKOUT, wish).json()

    coupon.refresh_from_db()
    assert (body["discount"], body["total"], body["coupon_code"]) == ("3.98", "40.82", coupon.code)
    assert coupon.use_count == 1
    assert CouponUse.objects.get().customer == "ada@example.com"
    assert _breaches() == []


def test_a_coupon_that_is_gone_stops_checkout(shopper: APIClient, wish: dict[str, Any]) -> None:
    coupon = CouponFactory.create()
    shopper.post("/api/v1/cart/coupon/", {"code": coupon.code})
    coupon.is_active = False
    coupon.save()

    answer = shopper.post(CHECKOUT, wish)

    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (409, "coupon_invalid", "inactive")
    assert _nothing_happened()


def test_a_guest_cannot_use_a_coupon_again_under_another_spelling(
    shopper: APIClient, product: Product, wish: dict[str, Any], guest: APIClient
) -> None:
    coupon = CouponFactory.create(max_uses_per_customer=1)
    shopper.post("/api/v1/cart/coupon/", {"code": coupon.code})
    shopper.post(CHECKOUT, wish)
    token = guest.post("/api/v1/cart/items/", {"product": product.id}).json()["token"]
    guest.post("/api/v1/cart/coupon/", {"code": coupon.code}, headers={"X-Cart-Token": token})

    answer = guest.post(CHECKOUT, {**wish, "email": "Ada+2@Example.com"}, headers={"X-Cart-Token": token})

    assert (answer.status_code, answer.json()["reason"]) == (409, "used_by_customer")


def test_a_coupon_counts_the_longest_of_addresses(shopper: APIClient, wish: dict[str, Any]) -> None:
    shopper.post("/api/v1/cart/coupon/", {"code": CouponFactory.create().code})
    email = f"a@{'.'.join(['ü' * 20] * 11)}.com"

    assert shopper.post(CHECKOUT, {**wish, "email": email}).status_code == 201
    assert len(CouponUse.objects.get().customer) == 254


def test_nothing_to_pay_is_confirmed_at_once(shopper: APIClient, wish: dict[str, Any]) -> None:
    ShippingMethod.objects.update(price=0)
    shopper.post("/api/v1/cart/coupon/", {"code": CouponFactory.create(value=100).code})

    body = shopper.post(CHECKOUT, wish).json()

    assert (body["total"], body["status"]) == ("0.00", "confirmed")
    assert [event["code"] for event in body["events"]] == ["placed", "payment_not_required", "confirmed"]
    assert body["paid_at"]
    assert body["expires_at"] is None
    assert OutboxEvent.objects.filter(name="order.confirmed").count() == 1
    assert _breaches() == []


def test_gross_prices_add_no_tax(shopper: APIClient, wish: dict[str, Any], settings: Settings) -> None:
    settings.PRICES_INCLUDE_TAX = True
    TaxRateFactory.create(rate="10.000", applies_to_shipping=True)

    body = shopper.post(CHECKOUT, wish).json()

    assert (body["tax"], body["total"]) == ("0.00", "44.80")
    assert body["tax_lines"] == [{"name": "Sales tax", "rate": "10", "amount": "4.07", "included": True}]
    line = OrderItem.objects.get()
    assert (line.tax_included, line.tax_added) == (Decimal("3.62"), Decimal("0.00"))
    assert _breaches() == []


def test_a_method_that_does_not_serve_the_place_does_not_exist(shopper: APIClient, wish: dict[str, Any]) -> None:
    abroad = ShippingMethodFactory.create()
    zone = ShippingZoneFactory.create(countries=["FR"])
    ShippingRateFactory.create(shipping_method=abroad, shipping_zone=zone)

    for method_id in (abroad.id, 4711):
        answer = shopper.post(CHECKOUT, {**wish, "shipping_method": method_id})
        assert answer.status_code == 400
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("shipping_method", "does_not_exist")
        ]
    assert _nothing_happened()


def test_somebody_elses_address_does_not_exist(
    user: User, user_client: APIClient, shopper: APIClient, wish: dict[str, Any]
) -> None:
    CartItemFactory.create(cart=CartFactory.create(user=user))
    theirs = AddressFactory.create()

    for client in (user_client, shopper):
        for field in ("shipping_address", "billing_address"):
            for address_id in (theirs.id, 4711, 2**70):
                answer = client.post(CHECKOUT, {**wish, field: address_id})
                assert answer.status_code == 400
                assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert _nothing_happened()


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"email": None}, "email", "null"),
        ({"email": ""}, "email", "blank"),
        ({"email": "nobody"}, "email", "invalid"),
        ({"email": "a@" + "\u0130\u0130\u0130." * 60 + "com"}, "email", "max_length"),
        ({"total": "0.00"}, "total", "unknown_field"),
        ({"status": "confirmed"}, "status", "unknown_field"),
        ({"discount": "9999.00"}, "discount", "unknown_field"),
        ({"shipping_cost": "0.00"}, "shipping_cost", "unknown_field"),
        ({"cart": 1}, "cart", "unknown_field"),
        ({"shipping_method": "x"}, "shipping_method", "invalid"),
        ({"shipping_method": None}, "shipping_method", "null"),
        ({"shipping_address": None}, "shipping_address", "null"),
        ({"shipping_address": "home"}, "shipping_address", "invalid"),
        ({"shipping_address": True}, "shipping_address", "invalid"),
        ({"shipping_address": [ADDRESS]}, "shipping_address", "invalid"),
        ({"shipping_address": {**ADDRESS, "city": ""}}, "shipping_address.city", "blank"),
        ({"shipping_address": {**ADDRESS, "full_name": "x" * 256}}, "shipping_address.full_name", "max_length"),
        ({"shipping_address": {**ADDRESS, "country": "XX"}}, "shipping_address.country", "unknown_country"),
        ({"shipping_address": {**ADDRESS, "state": ""}}, "shipping_address.state", "required"),
        ({"shipping_address": {**ADDRESS, "state": "Bavaria"}}, "shipping_address.state", "unknown_state"),
        ({"billing_address": {**ADDRESS, "postal_code": "X"}}, "billing_address.postal_code", "invalid_postal_code"),
        ({"shipping_address": {**ADDRESS, "id": 1}}, "shipping_address.id", "unknown_field"),
        (
            {"shipping_address": {**ADDRESS, "city": "a\x00b"}},
            "shipping_address.city",
            "null_characters_not_allowed",
        ),
        ({"billing_address": {**ADDRESS, "country": ""}}, "billing_address.country", "blank"),
        ({"expected_total": "-1"}, "expected_total", "min_value"),
        ({"expected_total": "1.001"}, "expected_total", "max_decimal_places"),
        ({"expected_total": "NaN"}, "expected_total", "invalid"),
        ({"notes": "x" * 2001}, "notes", "max_length"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    shopper: APIClient, wish: dict[str, Any], sent: dict[str, Any], field: str, code: str
) -> None:
    answer = shopper.post(CHECKOUT, {**wish, **sent})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert _nothing_happened()


def test_a_guest_gives_an_email(shopper: APIClient, wish: dict[str, Any]) -> None:
    del wish["email"]

    answer = shopper.post(CHECKOUT, wish)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "email")


def test_an_address_names_somebody(user: User, user_client: APIClient, method: ShippingMethod) -> None:
    address = AddressFactory.create(user=user, full_name="")
    CartItemFactory.create(cart=CartFactory.create(user=user))

    answer = user_client.post(CHECKOUT, {"shipping_address": address.id, "shipping_method": method.id})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "shipping_address.full_name")


def test_the_same_key_gets_the_same_answer(shopper: APIClient, wish: dict[str, Any]) -> None:
    first = shopper.post(CHECKOUT, wish, headers={"Idempotency-Key": "k"})

    again = shopper.post(CHECKOUT, wish, headers={"Idempotency-Key": "k"})
    other = shopper.post(CHECKOUT, {**wish, "notes": "new"}, headers={"Idempotency-Key": "k"})

    assert (again.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_a_refusal_releases_the_key(shopper: APIClient, product: Product, wish: dict[str, Any]) -> None:
    Product.objects.update(is_active=False)
    refused = shopper.post(CHECKOUT, wish, headers={"Idempotency-Key": "k"})
    Product.objects.update(is_active=True)

    answer = shopper.post(CHECKOUT, wish, headers={"Idempotency-Key": "k"})

    assert (refused.status_code, answer.status_code) == (409, 201)


@pytest.mark.parametrize(
    "point", ["checkout.after_lock", "checkout.after_stock", "checkout.after_insert", "checkout.before_commit"]
)
def test_a_failure_midway_leaves_nothing(
    shopper: APIClient, wish: dict[str, Any], settings: Settings, point: str
) -> None:
    shopper.raise_request_exception = False
    settings.FAILPOINTS = f"{point}=raise"

    answer = shopper.post(CHECKOUT, wish, headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert _nothing_happened()
    settings.FAILPOINTS = ""
    assert shopper.post(CHECKOUT, wish, headers={"Idempotency-Key": "k"}).status_code == 201


def test_the_number_of_statements_is_bounded(
    user: User, user_client: APIClient, wish: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    cart = CartFactory.create(user=user, coupon=CouponFactory.create())
    CartItemFactory.create_batch(8, cart=cart)
    sized = VariationFactory.create()
    CartItemFactory.create(cart=cart, product=sized.product, variation=sized)

    with django_assert_max_num_queries(31):
        assert user_client.post(CHECKOUT, wish).status_code == 201
