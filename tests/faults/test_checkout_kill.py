"""A web worker dies in the middle of checkout, as by kill -9: afterwards the books are right, and a repeat makes
exactly one order."""

import http.client
from functools import partial
from typing import Any

import pytest

from common.integrity import run_checks
from orders.models import Order
from tests.factories.orders import ADDRESS
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.live import LiveShop, running_shop

BEFORE_COMMIT = ["checkout.after_lock", "checkout.after_stock", "checkout.after_insert", "checkout.before_commit"]
QUICK = {"checkout.after_stock", "checkout.after_commit"}
POINTS = [
    pytest.param(point, marks=() if point in QUICK else pytest.mark.slow)
    for point in (*BEFORE_COMMIT, "checkout.after_commit")
]


def _breaches() -> list[str]:
    return [breach for result in run_checks() for breach in result.breaches]


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_dies(transactional_db: None, live_shop: LiveShop, point: str) -> None:
    product = ProductFactory.create(stock=5)
    method = ShippingMethodFactory.create()
    token = live_shop.post("cart/items/", {"product": product.id, "quantity": 2}).body["token"]
    wish: dict[str, Any] = {
        "shipping_address": ADDRESS,
        "shipping_method": method.id,
        "email": "ada@example.com",
    }
    send = {"path": "checkout/", "body": wish, "X_Cart_Token": token, "Idempotency_Key": "k"}

    with running_shop(FAILPOINTS=f"{point}=exit") as doomed, pytest.raises((OSError, http.client.HTTPException)):
        partial(doomed.post, **send)()
    orders_left = Order.objects.count()
    product.refresh_from_db()
    stock_left = product.stock_quantity
    breaches_left = _breaches()
    answer = partial(live_shop.post, **send)()

    committed = point not in BEFORE_COMMIT
    assert (orders_left, stock_left) == ((1, 3) if committed else (0, 5))
    assert breaches_left == []
    assert answer.status == 201
    assert (answer.headers["Idempotent-Replayed"] == "true") is committed
    assert Order.objects.get().order_number == answer.body["order_number"]
    product.refresh_from_db()
    assert product.stock_quantity == 3
    assert _breaches() == []
