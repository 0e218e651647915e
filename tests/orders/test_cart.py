"""GET and DELETE cart/: the caller's cart, its prices of today and what would stop its checkout."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from orders.models import Cart
from products.models import Product, ProductImage
from tests.factories.orders import CartFactory, CartItemFactory, CouponFactory
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

CART = "/api/v1/cart/"
EMPTY: dict[str, Any] = {
    "token": None,
    "items": [],
    "item_count": 0,
    "subtotal": "0.00",
    "discount": "0.00",
    "coupon": None,
    "currency": "USD",
    "problems": [],
    "updated_at": None,
}


def test_an_empty_cart_costs_no_row(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get(CART).json() == EMPTY
    assert guest.get(CART, headers={"X-Cart-Token": "made-up"}).json() == EMPTY
    assert user_client.get(CART).json() == EMPTY
    assert not Cart.objects.exists()


def test_the_whole_cart(shopper: APIClient, product: Product) -> None:
    ProductImage.objects.create(product=product, image="products/second.jpg", order=2)
    ProductImage.objects.create(product=product, image="products/first.jpg", order=1, alt_text="Front")
    sized = VariationFactory.create(product__price="7.00", price_adjustment="0.50", value="M", stock=3)
    shopper.post(f"{CART}items/", {"product": sized.product_id, "variation": sized.id, "quantity": 3})

    body = shopper.get(CART).json()

    plain, other = body["items"]
    assert plain == {
        "id": plain["id"],
        "product": {
            "id": product.id,
            "slug": product.slug,
            "name": product.name,
            "image": {"url": "/media/products/first.jpg", "alt_text": "Front"},
        },
        "variation": None,
        "sku": product.sku,
        "quantity": 2,
        "unit_price": "19.90",
        "line_total": "39.80",
    }
    assert other["variation"] == {"id": sized.id, "name": "Size", "value": "M"}
    assert (other["sku"], other["unit_price"], other["line_total"]) == (sized.sku, "7.50", "22.50")
    assert other["product"]["image"] is None
    assert (body["item_count"], body["subtotal"], body["problems"]) == (5, "62.30", [])
    assert body["token"]


def test_the_token_is_kept_as_a_hash(shopper: APIClient) -> None:
    token = shopper.get(CART).json()["token"]

    session_id = Cart.objects.get().session_id
    assert session_id is not None
    assert token not in session_id
    assert len(session_id) == 64


def test_with_a_bearer_the_users_cart_counts(user: User, user_client: APIClient, shopper: APIClient) -> None:
    token = shopper.get(CART).json()["token"]
    mine = CartItemFactory.create(cart=CartFactory.create(user=user))

    body = user_client.get(CART, headers={"X-Cart-Token": token}).json()

    assert [item["id"] for item in body["items"]] == [mine.id]
    assert body["token"] is None


def test_what_would_stop_checkout_is_named(user: User, user_client: APIClient) -> None:
    cart = CartFactory.create(user=user)
    gone = CartItemFactory.create(cart=cart, product=ProductFactory.create(is_active=False))
    out = CartItemFactory.create(cart=cart, product=ProductFactory.create(stock=0))
    short = CartItemFactory.create(cart=cart, product=ProductFactory.create(stock=2), quantity=3)
    split = CartItemFactory.create(cart=cart, product=VariationFactory.create().product)
    dearer = CartItemFactory.create(cart=cart, price_seen=Decimal("8.00"))

    problems = user_client.get(CART).json()["problems"]

    assert [(problem["item"], problem["code"], problem.get("available")) for problem in problems] == [
        (gone.id, "product_unavailable", None),
        (out.id, "out_of_stock", 0),
        (short.id, "insufficient_stock", 2),
        (split.id, "product_unavailable", None),
        (dearer.id, "price_changed", None),
    ]


def test_a_coupon_that_stopped_being_valid_is_a_problem(user: User, user_client: APIClient) -> None:
    coupon = CouponFactory.create(is_active=False)
    CartItemFactory.create(cart=CartFactory.create(user=user, coupon=coupon))

    body = user_client.get(CART).json()

    assert (body["coupon"], body["discount"]) == (coupon.code, "0.00")
    assert [(problem["item"], problem["code"]) for problem in body["problems"]] == [(None, "coupon_invalid")]


def test_statements_do_not_grow_with_the_lines(
    user: User, user_client: APIClient, django_assert_num_queries: Any
) -> None:
    cart = CartFactory.create(user=user)
    CartItemFactory.create_batch(5, cart=cart)

    with django_assert_num_queries(4):
        body = user_client.get(CART).json()

    assert len(body["items"]) == 5


def test_who_has_it_gets_304(shopper: APIClient) -> None:
    answer = shopper.get(CART)

    again = shopper.get(CART, headers={"If-None-Match": answer.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_dropping_the_cart_ends_its_token(shopper: APIClient, product: Product) -> None:
    assert shopper.delete(CART).status_code == 204
    assert shopper.delete(CART).status_code == 204

    assert shopper.get(CART).json() == EMPTY
    assert not Cart.objects.exists()
    assert Product.objects.filter(pk=product.pk).exists()


def test_an_unknown_parameter_is_refused(guest: APIClient) -> None:
    answer = guest.get(CART, {"token": "x"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
