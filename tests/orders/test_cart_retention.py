"""Carts that nobody came back to end after CART_RETENTION_DAYS."""

from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import User
from config.celery import SCHEDULE
from orders.models import Cart, Order
from orders.services.carts import retention
from orders.tasks import drop_old_carts
from tests.factories.orders import CartFactory, CartItemFactory

pytestmark = pytest.mark.django_db


def _aged(cart: Cart, days: int) -> Cart:
    Cart.objects.filter(pk=cart.pk).update(updated_at=timezone.now() - timedelta(days=days))
    return cart


@override_settings(CART_RETENTION_DAYS=30)
def test_old_carts_go_and_young_ones_stay(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CARTS_PER_STATEMENT", 2)
    for age in (31, 32, 33):
        cart = CartFactory.create(user=None, session_id=str(age))
        CartItemFactory.create(cart=cart)
        _aged(cart, age)
    young = _aged(CartFactory.create(user=user), 29)

    drop_old_carts.apply()

    assert list(Cart.objects.all()) == [young]


@override_settings(CART_RETENTION_DAYS=30)
def test_a_cart_that_became_an_order_stays(shopper: APIClient, wish: dict[str, Any]) -> None:
    assert shopper.post("/api/v1/checkout/", wish).status_code == 201
    _aged(Cart.objects.get(), 100)

    assert retention.drop_old() == 0
    assert Order.objects.get().cart_id is not None


def test_beat_runs_every_retention() -> None:
    tasks = {entry["task"] for entry in SCHEDULE.values()}

    assert {
        "analytics.tasks.shorten_old_views",
        "analytics.tasks.drop_old_views",
        "authentication.tasks.drop_expired_tokens",
        "common.tasks.drop_expired_idempotency_keys",
        "common.tasks.drop_old_jobs",
        "common.tasks.drop_old_mails",
        "common.tasks.keep_audit",
        "orders.tasks.drop_old_carts",
        "products.tasks.drop_old_stock_notices",
    } <= tasks
