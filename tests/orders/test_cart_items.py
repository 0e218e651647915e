"""POST cart/items/, PATCH and DELETE cart/items/{id}/: filling a cart."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from orders.models import Cart, CartItem
from products.models import Product
from tests.factories.orders import CartItemFactory
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

CART = "/api/v1/cart/"
ITEMS = "/api/v1/cart/items/"


def _fields(answer: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def test_the_first_item_makes_a_guests_cart_and_token(guest: APIClient, product: Product) -> None:
    body = guest.post(ITEMS, {"product": product.id, "quantity": 1}).json()

    assert guest.get(CART, headers={"X-Cart-Token": body["token"]}).json() == body


def test_one_unit_unless_said_otherwise(guest: APIClient, product: Product) -> None:
    assert guest.post(ITEMS, {"product": product.id, "variation": None}).json()["item_count"] == 1


def test_the_same_again_adds_up(shopper: APIClient, product: Product) -> None:
    answer = shopper.post(ITEMS, {"product": product.id, "quantity": 3})

    assert answer.status_code == 201
    assert [item["quantity"] for item in answer.json()["items"]] == [5]


def test_variations_are_lines_of_their_own(guest: APIClient) -> None:
    small = VariationFactory.create()
    large = VariationFactory.create(product=small.product)
    token = guest.post(ITEMS, {"product": small.product_id, "variation": small.id}).json()["token"]

    body = guest.post(
        ITEMS, {"product": small.product_id, "variation": large.id}, headers={"X-Cart-Token": token}
    ).json()

    assert [item["variation"]["id"] for item in body["items"]] == [small.id, large.id]


def test_a_users_cart_needs_no_token(user_client: APIClient, product: Product) -> None:
    body = user_client.post(ITEMS, {"product": product.id}).json()

    assert body["token"] is None
    assert user_client.get(CART).json()["item_count"] == 1


@pytest.mark.parametrize("token", ["made-up", "", "\N{SNOWMAN}".encode().decode("latin-1")])
def test_a_dead_token_makes_a_new_cart(guest: APIClient, product: Product, token: str) -> None:
    body = guest.post(ITEMS, {"product": product.id}, headers={"X-Cart-Token": token}).json()

    assert body["token"] not in {None, token}
    assert Cart.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"quantity": 0}, "quantity", "min_value"),
        ({"quantity": -1}, "quantity", "min_value"),
        ({"quantity": 0.5}, "quantity", "invalid"),
        ({"quantity": True}, "quantity", "invalid"),
        ({"quantity": None}, "quantity", "null"),
        ({"quantity": 100}, "quantity", "max_value"),
        ({"quantity": 10**30}, "quantity", "invalid"),
        ({"quantity": "many"}, "quantity", "invalid"),
        ({"product": 0}, "product", "min_value"),
        ({"product": 10**30}, "product", "invalid"),
        ({"product": 4711}, "product", "does_not_exist"),
        ({"product": None}, "product", "null"),
        ({"product": [1]}, "product", "invalid"),
        ({"variation": 4711}, "variation", "does_not_exist"),
        ({"price": "0.01"}, "price", "unknown_field"),
        ({"unit_price": "0.01"}, "unit_price", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    guest: APIClient, product: Product, sent: dict[str, Any], field: str, code: str
) -> None:
    answer = guest.post(ITEMS, {"product": product.id, "quantity": 1, **sent})

    assert answer.status_code == 400
    assert _fields(answer) == [(field, code)]
    assert not Cart.objects.exists()


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_a_body_that_is_no_object_is_refused(guest: APIClient, body: Any) -> None:
    assert guest.post(ITEMS, body).status_code == 400


def test_what_is_not_sold_cannot_be_added(guest: APIClient) -> None:
    draft = ProductFactory.create(is_active=False)
    hidden = VariationFactory.create(is_active=False)

    assert _fields(guest.post(ITEMS, {"product": draft.id})) == [("product", "does_not_exist")]
    assert _fields(guest.post(ITEMS, {"product": hidden.product_id, "variation": hidden.id})) == [
        ("variation", "does_not_exist")
    ]


def test_a_product_with_variations_sells_only_by_variation(guest: APIClient, product: Product) -> None:
    sized = VariationFactory.create()

    assert _fields(guest.post(ITEMS, {"product": sized.product_id})) == [("variation", "required")]
    assert _fields(guest.post(ITEMS, {"product": product.id, "variation": sized.id})) == [
        ("variation", "does_not_exist")
    ]


def test_one_thing_is_capped(shopper: APIClient, product: Product, settings: Settings) -> None:
    settings.CART_MAX_QUANTITY = 4

    answer = shopper.post(ITEMS, {"product": product.id, "quantity": 3})

    assert (answer.status_code, _fields(answer)) == (400, [("quantity", "max_value")])
    assert CartItem.objects.get().quantity == 2


def test_lines_are_capped(shopper: APIClient, settings: Settings) -> None:
    settings.CART_MAX_LINES = 1

    answer = shopper.post(ITEMS, {"product": ProductFactory.create().id})

    assert (answer.status_code, _fields(answer)) == (400, [("product", "cart_full")])
    assert CartItem.objects.count() == 1


def test_a_repeat_with_the_same_key_adds_once(guest: APIClient, product: Product) -> None:
    first = guest.post(ITEMS, {"product": product.id}, headers={"Idempotency-Key": "k"})
    again = guest.post(ITEMS, {"product": product.id}, headers={"Idempotency-Key": "k"})

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert CartItem.objects.get().quantity == 1


def test_changing_the_quantity_renews_the_price_seen(shopper: APIClient, product: Product) -> None:
    item_id = shopper.get(CART).json()["items"][0]["id"]
    Product.objects.filter(id=product.id).update(price=Decimal("21.00"))
    assert [problem["code"] for problem in shopper.get(CART).json()["problems"]] == ["price_changed"]

    body = shopper.patch(f"{ITEMS}{item_id}/", {"quantity": 5}).json()

    assert (body["items"][0]["quantity"], body["subtotal"], body["problems"]) == (5, "105.00", [])


@pytest.mark.parametrize("quantity", [0, -3, 100, "x", None, 1.5])
def test_a_bad_quantity_changes_nothing(shopper: APIClient, quantity: Any) -> None:
    item_id = shopper.get(CART).json()["items"][0]["id"]

    assert shopper.patch(f"{ITEMS}{item_id}/", {"quantity": quantity}).status_code == 400
    assert CartItem.objects.get().quantity == 2


def test_taking_a_line_out(shopper: APIClient) -> None:
    item_id = shopper.get(CART).json()["items"][0]["id"]

    answer = shopper.delete(f"{ITEMS}{item_id}/")

    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert shopper.delete(f"{ITEMS}{item_id}/").status_code == 404


def test_somebody_elses_line_does_not_exist(shopper: APIClient, user_client: APIClient, guest: APIClient) -> None:
    theirs = CartItemFactory.create(quantity=2)

    for client in (shopper, user_client, guest):
        for address in (f"{ITEMS}{theirs.id}/", f"{ITEMS}999999999/", f"{ITEMS}{10**30}/"):
            assert client.patch(address, {"quantity": 1}).status_code == 404
            assert client.delete(address).status_code == 404

    theirs.refresh_from_db()
    assert theirs.quantity == 2
