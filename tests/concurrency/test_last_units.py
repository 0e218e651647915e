"""Forty buyers at once want the last five units: through real HTTP exactly five get one."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from orders.models import Order
from products.models import Product
from tests.factories.products import ProductFactory
from tests.live import Answer, LiveShop, all_at_once, running_shop

BUYERS = 40
UNITS = 5


def _race(shop: LiveShop, product: Product, wish: dict[str, Any]) -> list[Answer]:
    tokens = [shop.post("cart/items/", {"product": product.id, "quantity": 1}).body["token"] for _ in range(BUYERS)]
    return all_at_once([partial(shop.post, "checkout/", wish, X_Cart_Token=token) for token in tokens])


def test_five_units_make_five_orders(live_shop: LiveShop, wish: dict[str, Any], books: Any) -> None:
    product = ProductFactory.create(stock=UNITS)

    answers = _race(live_shop, product, wish)

    assert Counter(answer.status for answer in answers) == {201: UNITS, 409: BUYERS - UNITS}
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"out_of_stock"}
    product.refresh_from_db()
    assert product.stock_quantity == 0
    assert Order.objects.count() == UNITS
    assert books() == []


@pytest.mark.bare_rows
def test_the_careless_twin_oversells(transactional_db: None, wish: dict[str, Any]) -> None:
    product = ProductFactory.create(stock=UNITS)

    with running_shop(application="tests.concurrency.careless_wsgi:application") as shop:
        answers = _race(shop, product, wish)

    assert Counter(answer.status for answer in answers)[201] > UNITS
