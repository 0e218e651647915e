"""Verified purchases: reviews of what their author has paid for."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import User
from common import outbox
from common.registry import purchase_checks
from orders.models import Order
from orders.services import life
from products.models import ProductReview
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory, ReviewFactory

pytestmark = pytest.mark.django_db


def test_paying_verifies_the_customers_reviews(user: User) -> None:
    bought, other = ProductFactory.create(), ProductFactory.create()
    mine = ReviewFactory.create(user=user, product=bought)
    ReviewFactory.create(user=user, product=other)
    ReviewFactory.create(product=bought)

    life.confirm_paid(order=placed_order((bought, 1), user=user))
    outbox.relay()

    assert list(ProductReview.objects.filter(is_verified_purchase=True)) == [mine]


def test_who_has_bought(user: User) -> None:
    product = ProductFactory.create()
    has_bought = dict(purchase_checks)["orders"]
    order = placed_order((product, 1), user=user)
    assert not has_bought(user.id, product.id)

    Order.objects.update(status="confirmed", paid_at=timezone.now())

    assert has_bought(user.id, product.id)
    assert not has_bought(user.id, ProductFactory.create().id)
    assert not has_bought(user.id + 1, product.id)
    life.cancel(order_number=order.order_number)
    assert not has_bought(user.id, product.id)


def test_a_buyers_review_is_verified_from_the_start(user: User, user_client: APIClient) -> None:
    product = ProductFactory.create()
    life.confirm_paid(order=placed_order((product, 1), user=user))

    body = user_client.post(f"/api/v1/products/{product.slug}/reviews/", {"rating": 5, "comment": "Good."}).json()

    assert body["is_verified_purchase"] is True
