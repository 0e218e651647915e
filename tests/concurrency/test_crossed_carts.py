"""Carts that hold the same things in opposite order are ordered at once, and nobody waits for ever or fails."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection

from products.models import Product, ProductVariation
from tests.concurrency.guards import careless_shop
from tests.factories.products import ProductFactory, VariationFactory
from tests.live import Answer, LiveShop, all_at_once

PAIRS = 12


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _fill(shop: LiveShop, goods: list[dict[str, int]]) -> str:
    token: str = shop.post("cart/items/", goods[0]).body["token"]
    for thing in goods[1:]:
        shop.post("cart/items/", thing, X_Cart_Token=token)
    return token


def _order_at_once(shop: LiveShop, wish: dict[str, Any], pairs: int = PAIRS) -> list[Answer]:
    sized = VariationFactory.create(stock=100)
    goods = [
        {"product": ProductFactory.create(stock=100).id},
        {"product": sized.product_id, "variation": sized.id},
        {"product": ProductFactory.create(stock=100).id},
    ]
    tokens = [_fill(shop, goods if number % 2 else goods[::-1]) for number in range(2 * pairs)]
    return all_at_once([partial(shop.post, "checkout/", wish, X_Cart_Token=token) for token in tokens])


def test_no_deadlock(live_shop: LiveShop, wish: dict[str, Any], books: Any) -> None:
    before = _deadlocks()

    answers = _order_at_once(live_shop, wish)

    assert Counter(answer.status for answer in answers) == {201: 2 * PAIRS}
    assert _deadlocks() == before
    assert ProductVariation.objects.get().stock_quantity == 100 - 2 * PAIRS
    assert {product.stock_quantity for product in Product.objects.all()} == {100 - 2 * PAIRS}
    assert books() == []


@pytest.mark.slow
def test_the_careless_twin_that_locks_in_any_order_deadlocks(transactional_db: None, wish: dict[str, Any]) -> None:
    before = _deadlocks()

    with careless_shop("order", pause_seconds=0.05) as shop:
        _order_at_once(shop, wish, pairs=4)

    assert _deadlocks() > before
