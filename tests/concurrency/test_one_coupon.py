"""A coupon with one use, in many carts that are ordered at once, through real HTTP."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from orders.models import Coupon, CouponUse, Order
from tests.concurrency.guards import careless_shop
from tests.factories.orders import CouponFactory
from tests.factories.products import ProductFactory
from tests.live import Answer, LiveShop, all_at_once

BUYERS = 12


def _order_at_once(shop: LiveShop, wish: dict[str, Any], emails: list[str], **limits: int) -> list[Answer]:
    product, coupon = ProductFactory.create(stock=50), CouponFactory.create(**limits)
    tokens = []
    for _ in emails:
        token = shop.post("cart/items/", {"product": product.id}).body["token"]
        assert shop.post("cart/coupon/", {"code": coupon.code}, X_Cart_Token=token).status == 200
        tokens.append(token)
    return all_at_once(
        [
            partial(shop.post, "checkout/", {**wish, "email": email}, X_Cart_Token=token)
            for token, email in zip(tokens, emails, strict=True)
        ]
    )


EMAILS = {
    "in all": ([f"buyer{number}@example.com" for number in range(BUYERS)], {"max_uses": 1}),
    "per customer": (
        [f"Ada+{number}@Example.com" for number in range(BUYERS - 1)] + ["ADA@example.com"],
        {"max_uses_per_customer": 1},
    ),
}


@pytest.mark.parametrize("limit", EMAILS)
def test_one_order_gets_it(live_shop: LiveShop, wish: dict[str, Any], books: Any, limit: str) -> None:
    emails, limits = EMAILS[limit]

    answers = _order_at_once(live_shop, wish, emails, **limits)

    assert Counter(answer.status for answer in answers) == {201: 1, 409: BUYERS - 1}
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"coupon_invalid"}
    assert (Coupon.objects.get().use_count, CouponUse.objects.count(), Order.objects.count()) == (1, 1, 1)
    assert books() == []


@pytest.mark.bare_rows
@pytest.mark.slow
@pytest.mark.parametrize("limit", EMAILS)
def test_the_careless_twin_gives_it_to_many(transactional_db: None, wish: dict[str, Any], limit: str) -> None:
    emails, limits = EMAILS[limit]

    with careless_shop("coupons") as shop:
        _order_at_once(shop, wish, emails, **limits)

    assert CouponUse.objects.count() > 1
