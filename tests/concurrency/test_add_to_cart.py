"""The same product put into a user's cart many times at once adds up in one line of one cart."""

from collections import Counter
from functools import partial

from authentication.tokens import AccessToken
from orders.models import Cart, CartItem
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory
from tests.live import LiveShop, all_at_once

TIMES = 12


def test_adding_at_once_adds_up(live_shop: LiveShop) -> None:
    product = ProductFactory.create(stock=50)
    bearer = f"Bearer {AccessToken.for_user(UserFactory.create())}"
    add = partial(live_shop.post, "cart/items/", {"product": product.id, "quantity": 2}, Authorization=bearer)

    answers = all_at_once([add] * TIMES)

    assert Counter(answer.status for answer in answers) == {201: TIMES}
    assert Cart.objects.count() == 1
    assert CartItem.objects.get().quantity == 2 * TIMES
