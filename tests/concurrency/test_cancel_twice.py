"""An order cancelled by many at once gives its goods back once."""

from collections import Counter
from functools import partial
from typing import Any

from products.models import StockMovement
from tests.factories.products import ProductFactory
from tests.live import LiveShop, all_at_once

TIMES = 8


def test_cancelling_at_once_restocks_once(live_shop: LiveShop, wish: dict[str, Any], books: Any) -> None:
    product = ProductFactory.create(stock=5)
    token = live_shop.post("cart/items/", {"product": product.id, "quantity": 2}).body["token"]
    order = live_shop.post("checkout/", wish, X_Cart_Token=token).body
    cancel = partial(live_shop.post, f"orders/{order['order_number']}/cancel/", X_Order_Token=order["access_token"])

    answers = all_at_once([cancel] * TIMES)

    assert Counter(answer.status for answer in answers) == {200: 1, 409: TIMES - 1}
    product.refresh_from_db()
    assert product.stock_quantity == 5
    assert StockMovement.objects.filter(reason="cancellation").count() == 1
    assert books() == []
