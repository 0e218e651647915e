"""A stock feed arrives while buyers check out: what was sold stays sold, and nothing is sold twice."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from common.imports.listening import ImportRequest, Summary
from orders.models import Order
from products.imports.inventory.service import run_feed
from products.models import Product, StockMovement
from products.services import stock_feed
from products.services.stock_feed import Outcome, Wish
from tests.factories.products import ProductFactory
from tests.live import Answer, LiveShop, all_at_once

BUYERS = 12
UNITS = 6
FEEDS = 4


def _feed(path: Path) -> Summary:
    try:
        return run_feed(ImportRequest(path=path))
    finally:
        connection.close()


def _race(shop: LiveShop, product: Product, wish: dict[str, Any], folder: Path) -> list[Answer | Summary]:
    """Buyers want more than there is, while the same count of before arrives again and again, each time in a file."""
    tokens = [shop.post("cart/items/", {"product": product.id, "quantity": 1}).body["token"] for _ in range(BUYERS)]
    counted_at = timezone.now()
    feeds = []
    for number in range(FEEDS):
        path = folder / f"{number}.csv"
        path.write_text(f"sku,quantity,counted_at,reason\n{product.sku},{UNITS},{counted_at.isoformat()},{number}\n")
        feeds.append(partial(_feed, path))
    buying = [partial(shop.post, "checkout/", wish, X_Cart_Token=token) for token in tokens]
    return all_at_once([*buying, *feeds])


def _sold(answers: Sequence[Answer | Summary]) -> int:
    return Counter(answer.status for answer in answers if isinstance(answer, Answer))[201]


def test_a_feed_never_brings_back_what_is_sold(
    live_shop: LiveShop, wish: dict[str, Any], books: Any, tmp_path: Path
) -> None:
    product = ProductFactory.create(stock=UNITS)

    answers = _race(live_shop, product, wish, tmp_path)

    product.refresh_from_db()
    assert (_sold(answers), product.stock_quantity) == (UNITS, 0)
    assert Order.objects.count() == UNITS
    assert not StockMovement.objects.filter(reason="feed").exists()
    assert books() == []


def _write_back(*, wishes: Sequence[Wish], **_: Any) -> list[Outcome]:
    """What `stock_feed.apply` would be if it wrote the count whatever was sold meanwhile."""
    for each in wishes:
        product = Product.objects.get(id=each.key.product_id)
        change = (each.quantity or 0) - product.stock_quantity
        if change:
            Product.objects.filter(id=product.id).update(stock_quantity=each.quantity)
            StockMovement.objects.create(product=product, delta=change, reason="feed")
    return [Outcome(0) for _ in wishes]


@pytest.mark.bare_rows
def test_the_careless_twin_sells_again_what_is_sold(
    live_shop: LiveShop, wish: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = ProductFactory.create(stock=UNITS)
    monkeypatch.setattr(stock_feed, "apply", _write_back)

    answers = _race(live_shop, product, wish, tmp_path)
    product.refresh_from_db()
    while product.stock_quantity == 0:  # the feeds came before the first buyer: the next one brings it all back
        _feed(tmp_path / "0.csv")
        product.refresh_from_db()

    assert _sold(answers) + product.stock_quantity > UNITS
