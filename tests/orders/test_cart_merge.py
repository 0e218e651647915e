"""POST cart/merge/: a guest signs in and keeps the cart."""

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from authentication.models import User
from orders.models import Cart, CartItem
from products.models import Product
from tests.factories.orders import CartFactory, CartItemFactory, CouponFactory
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

CART = "/api/v1/cart/"
MERGE = "/api/v1/cart/merge/"


@pytest.fixture
def token(shopper: APIClient) -> str:
    token: str = shopper.get(CART).json()["token"]
    return token


def test_the_guests_lines_become_the_users(user_client: APIClient, shopper: APIClient, token: str) -> None:
    body = user_client.post(MERGE, {"token": token}).json()

    assert (body["item_count"], body["token"]) == (2, None)
    assert user_client.get(CART).json() == body
    assert shopper.get(CART).json()["items"] == []


def test_quantities_add_up_to_what_is_in_stock(
    user: User, user_client: APIClient, shopper: APIClient, product: Product, token: str
) -> None:
    cart = CartFactory.create(user=user)
    mine = CartItemFactory.create(cart=cart, product=product, quantity=9)
    plenty = ProductFactory.create(stock=50)
    CartItemFactory.create(cart=cart, product=plenty, quantity=3)
    shopper.post(f"{CART}items/", {"product": plenty.id, "quantity": 4})

    body = user_client.post(MERGE, {"token": token}).json()

    assert [(item["product"]["id"], item["quantity"]) for item in body["items"]] == [(product.id, 10), (plenty.id, 7)]
    assert body["items"][0]["id"] == mine.id


def test_a_users_line_never_shrinks(user: User, user_client: APIClient, product: Product, token: str) -> None:
    CartItemFactory.create(cart=CartFactory.create(user=user), product=product, quantity=20)

    assert user_client.post(MERGE, {"token": token}).json()["item_count"] == 20


def test_no_more_lines_than_a_cart_holds(user: User, user_client: APIClient, token: str, settings: Settings) -> None:
    settings.CART_MAX_LINES = 1
    mine = CartItemFactory.create(cart=CartFactory.create(user=user))

    body = user_client.post(MERGE, {"token": token}).json()

    assert [item["id"] for item in body["items"]] == [mine.id]


def test_the_guests_coupon_comes_along(user_client: APIClient, shopper: APIClient, token: str) -> None:
    coupon = CouponFactory.create()
    shopper.post(f"{CART}coupon/", {"code": coupon.code})

    assert user_client.post(MERGE, {"token": token}).json()["coupon"] == coupon.code


def test_merging_again_changes_nothing(user_client: APIClient, token: str) -> None:
    first = user_client.post(MERGE, {"token": token}).json()

    again = user_client.post(MERGE, {"token": token})

    assert (again.status_code, again.json()) == (200, first)
    assert Cart.objects.filter(is_active=True).count() == 1


def test_an_unknown_token_counts_as_none(user_client: APIClient) -> None:
    answer = user_client.post(MERGE, {"token": "made-up"})

    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert not Cart.objects.exists()


def test_another_users_cart_has_no_token(user_client: APIClient) -> None:
    theirs = CartItemFactory.create(cart=CartFactory.create(session_id="theirs"))

    assert user_client.post(MERGE, {"token": "theirs"}).json()["items"] == []
    assert CartItem.objects.get().cart_id == theirs.cart_id


def test_only_who_is_signed_in_merges(guest: APIClient, token: str) -> None:
    assert guest.post(MERGE, {"token": token}).status_code == 401
    assert Cart.objects.get().user is None
