"""LIMIT_HOLD: so many unpaid orders may one customer, network or e-mail address have open."""

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from common.integrity import run_checks
from orders.models import Cart, Order
from orders.services import life
from products.models import Product
from tests.conftest import Allow, ApiClientFor
from tests.factories.authentication import UserFactory
from tests.factories.orders import CouponFactory
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.live import all_at_once

API = "/api/v1/"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def filled(product: Product, client: APIClient | None = None) -> APIClient:
    """A client with one unit in the cart."""
    client = client or APIClient()
    cart = client.post(f"{API}cart/items/", {"product": product.pk, "quantity": 1}).json()
    if cart["token"]:
        client.credentials(HTTP_X_CART_TOKEN=cart["token"])
    return client


def place(product: Product, wish: dict[str, Any], client: APIClient | None = None, *, address: str = HOME) -> Any:
    return filled(product, client).post(f"{API}checkout/", wish, REMOTE_ADDR=address)


def wish_of(wish: dict[str, Any], number: int) -> dict[str, Any]:
    return {**wish, "email": f"guest{number}@example.com"}


@pytest.mark.django_db
def test_a_network_has_so_many_open(product: Product, wish: dict[str, Any], allow: Allow) -> None:
    allow(HOLD="2/hour")

    answers = [place(product, wish_of(wish, number)) for number in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    refused = answers[2]
    assert refused.json()["code"] == "too_many_unpaid_orders"
    assert 1_700 <= int(refused["Retry-After"]) <= 1_800  # when the first one expires
    assert refused["RateLimit-Policy"] == '"hold";q=2;w=3600'
    assert refused["RateLimit"].startswith('"hold";r=0;t=')
    assert (Order.objects.count(), Cart.objects.filter(is_active=True).count()) == (2, 1)
    product.refresh_from_db()
    assert product.stock_quantity == 8
    assert place(product, wish_of(wish, 9), address=ELSEWHERE).status_code == 201


@pytest.mark.django_db
def test_an_address_of_mail_has_so_many_open_from_anywhere(
    product: Product, wish: dict[str, Any], allow: Allow
) -> None:
    allow(HOLD="2/hour")

    answers = [place(product, wish, address=f"198.51.100.{number}").status_code for number in range(3)]

    assert answers == [201, 201, 429]


@pytest.mark.django_db
def test_an_account_counts_by_itself(
    product: Product, wish: dict[str, Any], allow: Allow, client_for: ApiClientFor
) -> None:
    allow(HOLD="1/hour")
    place(product, wish)  # a guest of the same place and with the same address
    ada, bob = client_for(UserFactory.create(email="ada@example.com")), client_for(UserFactory.create())

    assert [place(product, wish, client).status_code for client in (ada, bob, ada)] == [201, 201, 429]
    assert place(product, wish, bob, address=ELSEWHERE).status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["paid", "cancelled", "out of the window"])
def test_an_order_that_is_open_no_longer_makes_room(
    product: Product, wish: dict[str, Any], allow: Allow, end: str
) -> None:
    allow(HOLD="1/hour")
    placed = place(product, wish).json()
    assert place(product, wish).status_code == 429

    number, token = placed["order_number"], placed["access_token"]
    if end == "paid":
        body = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
        headers = {"X-Order-Token": token, "Idempotency-Key": "pays"}
        assert APIClient().post(f"{API}orders/{number}/payments/", body, headers=headers).status_code == 201
    elif end == "cancelled":
        life.cancel(order_number=number, actor=None, by_staff=True)
    else:
        Order.objects.update(created_at=timezone.now() - timedelta(minutes=61))

    assert place(product, wish).status_code == 201


@pytest.mark.django_db
def test_what_costs_nothing_holds_nothing_up(product: Product, wish: dict[str, Any], allow: Allow) -> None:
    allow(HOLD="1/hour")
    place(product, wish)
    coupon = CouponFactory.create(kind="percent", value="100.00")
    free = ShippingMethodFactory.create(price="0.00")
    client = filled(product)
    client.post(f"{API}cart/coupon/", {"code": coupon.code})

    answer = client.post(f"{API}checkout/", {**wish, "shipping_method": free.pk}, REMOTE_ADDR=HOME)

    assert (answer.status_code, answer.json()["status"]) == (201, "confirmed")


@pytest.mark.django_db
def test_the_network_is_kept_as_a_hash_of_guests_and_only_while_the_limit_is_on(
    product: Product, wish: dict[str, Any], allow: Allow, user_client: APIClient
) -> None:
    place(product, wish)
    assert Order.objects.get().placed_from == ""
    allow(HOLD="5/hour")

    place(product, wish)
    place(product, wish, user_client)

    guests, users = Order.objects.order_by("-id")[1], Order.objects.order_by("-id")[0]
    assert guests.placed_from.startswith("limit:hold:")
    assert HOME not in guests.placed_from
    assert users.placed_from == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", ["network", "e-mail"])
def test_parallel_checkouts_do_not_slip_past(wish: dict[str, Any], allow: Allow, same: str) -> None:
    product = ProductFactory.create(stock=50)
    buyers = [filled(product) for _ in range(9)]
    allow(HOLD="3/hour")

    def order(number: int) -> int:
        email = "ada@example.com" if same == "e-mail" else f"guest{number}@example.com"
        address = HOME if same == "network" else f"198.51.100.{number}"
        try:
            answer = buyers[number].post(f"{API}checkout/", {**wish, "email": email}, REMOTE_ADDR=address)
            return int(answer.status_code)
        finally:
            connection.close()

    answers = Counter(all_at_once([partial(order, number) for number in range(9)]))

    assert answers == {201: 3, 429: 6}
    product.refresh_from_db()
    assert product.stock_quantity == 47
    assert [breach for result in run_checks() for breach in result.breaches] == []
