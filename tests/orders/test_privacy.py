"""What is held about a customer, and what is left of their orders once the account is erased."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from authentication.services import privacy
from common import outbox
from orders.models import Cart, CouponUse, Order
from orders.services import life
from tests.factories.orders import CartFactory, CartItemFactory, CouponFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(user: User, user_client: APIClient, wish: dict[str, Any]) -> Order:
    CartItemFactory.create(cart=CartFactory.create(user=user, coupon=CouponFactory.create()))
    assert user_client.post("/api/v1/checkout/", {**wish, "notes": "Ada's bell"}).status_code == 201
    CartItemFactory.create(cart=CartFactory.create(user=user))
    return Order.objects.get()


def _traces() -> str:
    orders = Order.objects.values("email", "notes", "shipping_address_snapshot", "billing_address_snapshot")
    return str([*orders, *CouponUse.objects.values("customer")])


def test_the_export_has_orders_and_cart(user_client: APIClient, order: Order) -> None:
    part = user_client.get("/api/v1/auth/me/export/").json()["orders"]

    assert [row["order_number"] for row in part["orders"]] == [order.order_number]
    assert [row["quantity"] for row in part["order_items"]] == [1]
    assert len(part["cart"]) == 1


def test_a_finished_order_forgets_whose_it_was(user: User, order: Order) -> None:
    life.cancel(order_number=order.order_number)
    assert "Ada" in _traces()

    privacy.erase_account(user_id=user.id)
    outbox.relay()

    assert "Ada" not in _traces()
    assert "1 Main Street" not in _traces()
    assert user.email not in _traces()
    after = Order.objects.get()
    assert (after.user, after.total) == (user, order.total)
    assert after.shipping_address_snapshot["postal_code"] == "90001"
    assert not Cart.objects.filter(is_active=True).exists()


def test_an_order_under_way_forgets_when_it_is_finished(user: User, order: Order) -> None:
    privacy.erase_account(user_id=user.id)
    outbox.relay()
    assert "1 Main Street" in _traces()

    life.cancel(order_number=order.order_number, by_staff=True)
    outbox.relay()

    assert "1 Main Street" not in _traces()
