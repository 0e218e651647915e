"""Each invariant of orders finds the breach that it is there for, and nothing in books that are right."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from common.integrity import run_checks
from orders.integrity import CHECKS
from orders.models import Cart, Coupon, CouponUse, Order, OrderEvent, OrderItem
from orders.services import life
from products.models import StockMovement
from products.services import variations
from tests.factories.authentication import UserFactory
from tests.factories.orders import CouponFactory

pytestmark = pytest.mark.django_db


def _breached() -> set[str]:
    return {result.name for result in run_checks() if result.breaches and result.name in CHECKS}


BREACHES: list[tuple[str, Callable[[], object]]] = [
    ("orders.subtotal", lambda: Order.objects.update(subtotal="40.00", total="41.02")),
    ("orders.shipping_country", lambda: Order.objects.update(shipping_country="DE")),
    ("orders.discount", lambda: OrderItem.objects.update(discount_share=0)),
    ("orders.tax", lambda: OrderItem.objects.update(tax_added=1)),
    ("orders.stock", lambda: StockMovement.objects.filter(reason="sale").update(delta=-1)),
    ("orders.stock", lambda: OrderItem.objects.update(restocked_quantity=1)),
    ("orders.paid", lambda: Order.objects.update(paid_at=timezone.now())),
    ("orders.paid", lambda: Order.objects.update(status="shipped", expires_at=None)),
    ("orders.hold", lambda: Order.objects.update(status="confirmed", paid_at=timezone.now())),
    ("orders.lines", lambda: OrderEvent.objects.all().delete()),
    ("orders.carts", lambda: Cart.objects.update(is_active=True)),
    ("orders.coupon_count", lambda: Coupon.objects.update(use_count=2)),
    ("orders.coupon_released", lambda: CouponUse.objects.update(released_at=timezone.now())),
    ("orders.cancelled_restocked", lambda: Order.objects.update(status="cancelled", expires_at=None)),
    ("orders.untaken", lambda: OrderItem.objects.update(untaken_quantity=1)),
]


@pytest.fixture
def order(shopper: APIClient, wish: dict[str, object]) -> Order:
    shopper.post("/api/v1/cart/coupon/", {"code": CouponFactory.create().code})
    assert shopper.post("/api/v1/checkout/", wish).status_code == 201
    return Order.objects.get()


def test_books_that_are_right(order: Order) -> None:
    assert order.total == Decimal("40.82")
    assert order.expires_at is not None
    assert order.expires_at > timezone.now() + timedelta(minutes=1)
    assert _breached() == set()


def test_books_are_right_when_units_come_back_to_a_product_that_sells_by_variation_by_now(order: Order) -> None:
    product_id = order.items.values_list("product_id", flat=True).get()
    variation = {"name": "Size", "value": "M", "sku": "SIZE-M"}
    variations.create_variation(product_id=product_id, fields=variation, actor=UserFactory.create())

    life.cancel(order_number=order.order_number)

    assert _breached() == set()


@pytest.mark.parametrize(("name", "damage"), BREACHES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BREACHES)])
def test_damage_is_found(order: Order, name: str, damage: Callable[[], object]) -> None:
    damage()

    assert name in _breached()


def test_every_invariant_is_tested() -> None:
    assert {name for name, _ in BREACHES} == set(CHECKS)
