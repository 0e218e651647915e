"""While a checkout has its turn, and takes its time, others wait for theirs and everybody else goes on."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from common.integrity import run_checks
from config.processes import wait_until
from config.turns import lane_of
from orders.models import Order
from tests.factories.orders import ADDRESS
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.live import Answer, LiveShop, running_shop

HANGS = "checkout.after_lock=hang:1"
BUYERS = 6
# Connections of the shop's own that are open now.
NAME = "test-of-turns"
_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"


def _carts(shop: LiveShop, count: int) -> list[dict[str, Any]]:
    product, method = ProductFactory.create(stock=100), ShippingMethodFactory.create()
    wish = {"shipping_address": ADDRESS, "shipping_method": method.id, "email": "ada@example.com"}
    tokens = [shop.post("cart/items/", {"product": product.id, "quantity": 1}).body["token"] for _ in range(count)]
    return [{"path": "checkout/", "body": wish, "X_Cart_Token": token} for token in tokens]


def _orders_begun() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("method", "path", "setting"),
    [
        ("POST", "/api/v1/checkout/", "CHECKOUT_TURNS"),
        ("POST", "/api/v1/checkout/quote/", "CART_TURNS"),
        ("DELETE", "/api/v1/cart/items/7/", "CART_TURNS"),
        ("POST", "/api/v1/payments/webhooks/stripe/", "CART_TURNS"),
        ("POST", "/api/v1/auth/token/", "PASSWORD_TURNS"),
        ("POST", "/admin/login/", "PASSWORD_TURNS"),
        ("POST", "/api/v1/auth/token/refresh/", None),
        ("GET", "/api/v1/cart/", None),
        ("POST", "/api/v1/orders/AB12/payments/", None),
    ],
)
def test_who_waits_with_whom(method: str, path: str, setting: str | None) -> None:
    lane = lane_of(method, path)

    assert (lane.setting if lane else None) == setting


@pytest.mark.slow
def test_readers_do_not_wait_behind_buyers(transactional_db: None) -> None:
    with (
        running_shop(workers=1, CHECKOUT_TURNS="1", DATABASE_POOL_SIZE="2", FAILPOINTS=HANGS, PGAPPNAME=NAME) as shop,
        ThreadPoolExecutor(BUYERS) as buyers,
    ):
        carts = _carts(shop, BUYERS)
        bought = [buyers.submit(shop.post, **cart) for cart in carts]
        wait_until(lambda: _orders_begun() == 1, 10)
        answers = [shop.call("GET", "products/") for _ in range(5)]
        waiting = sum(not each.done() for each in bought)
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, [NAME])
            connections = cursor.fetchone()[0]
        statuses = [each.result().status for each in bought]

    assert [answer.status for answer in answers] == [200] * 5
    assert waiting >= BUYERS - 2
    assert connections <= 2
    assert statuses == [201] * BUYERS
    assert Order.objects.count() == BUYERS
    assert [breach for result in run_checks() for breach in result.breaches] == []


@pytest.mark.slow
def test_who_finds_no_turn_is_told_when_to_come_again(transactional_db: None) -> None:
    with (
        running_shop(workers=1, CHECKOUT_TURNS="1", TURNS_WAITING="0", FAILPOINTS=HANGS) as shop,
        ThreadPoolExecutor(2) as buyers,
    ):
        carts = _carts(shop, 2)
        answers: list[Answer] = [each.result() for each in [buyers.submit(shop.post, **cart) for cart in carts]]
        refused = min(answers, key=lambda answer: answer.status == 201)
        again = shop.post(**carts[answers.index(refused)])

    assert sorted(answer.status for answer in answers) == [201, 503]
    assert refused.body["code"] == "unavailable"
    assert refused.headers["Retry-After"] == "1"
    assert again.status == 201
    assert Order.objects.count() == 2


@pytest.mark.slow
def test_a_connection_that_the_server_closed_is_not_given_out(transactional_db: None) -> None:
    with running_shop(workers=1, DATABASE_POOL_SIZE="4") as shop:
        ProductFactory.create()
        before = shop.call("GET", "products/?q=x").status
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            ended = cursor.fetchone()[0]
        after = [shop.call("GET", path).status for path in ("products/?q=x", "products/", "cart/")]

    assert before == 200
    assert ended >= 1
    assert after == [200] * 3
