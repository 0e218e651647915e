"""The same cart sent sixteen times at once makes one order, with one key and with sixteen."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from orders.models import Order
from products.models import Product
from tests.concurrency.guards import careless_shop, without_constraint
from tests.factories.products import ProductFactory
from tests.live import LiveShop, all_at_once

TIMES = 16


@pytest.fixture
def product(transactional_db: None) -> Product:
    return ProductFactory.create(stock=50)


@pytest.fixture
def token(live_shop: LiveShop, product: Product) -> str:
    body = live_shop.post("cart/items/", {"product": product.id, "quantity": 3}).body
    token: str = body["token"]
    return token


def test_one_key(live_shop: LiveShop, product: Product, token: str, wish: dict[str, Any], books: Any) -> None:
    send = partial(live_shop.post, "checkout/", wish, X_Cart_Token=token, Idempotency_Key="one")

    answers = all_at_once([send] * TIMES)
    late = send()

    made = [answer for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 409}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {"idempotency_key_in_use"}
    assert {answer.body["order_number"] for answer in made} == {Order.objects.get().order_number}
    assert Counter(answer.headers["Idempotent-Replayed"] for answer in made)[None] == 1
    assert (late.status, late.headers["Idempotent-Replayed"], late.body) == (201, "true", made[0].body)
    product.refresh_from_db()
    assert product.stock_quantity == 47
    assert books() == []


def test_sixteen_keys(live_shop: LiveShop, product: Product, token: str, wish: dict[str, Any], books: Any) -> None:
    send = partial(live_shop.post, "checkout/", wish, X_Cart_Token=token)

    answers = all_at_once([partial(send, Idempotency_Key=f"key-{number}") for number in range(TIMES)])

    assert Counter(answer.status for answer in answers) == {201: 1, 409: TIMES - 1}
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"cart_already_ordered"}
    product.refresh_from_db()
    assert product.stock_quantity == 47
    assert books() == []


@pytest.mark.slow
def test_the_careless_twin_makes_several(product: Product, wish: dict[str, Any]) -> None:
    with without_constraint("orders_order", "UNIQUE (cart_id)"), careless_shop("locks") as shop:
        token = shop.post("cart/items/", {"product": product.id, "quantity": 3}).body["token"]
        send = partial(shop.post, "checkout/", wish, X_Cart_Token=token)

        all_at_once([partial(send, Idempotency_Key=f"key-{number}") for number in range(TIMES)])

        assert Order.objects.count() > 1
