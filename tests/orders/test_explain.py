"""GET orders/{order_number}/explain/: how the total came about."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories.orders import CouponFactory, TaxRateFactory

pytestmark = pytest.mark.django_db


def test_the_steps_sum_to_the_total(shopper: APIClient, wish: dict[str, Any]) -> None:
    TaxRateFactory.create(rate="8.000", applies_to_shipping=True)
    shopper.post("/api/v1/cart/coupon/", {"code": CouponFactory.create(code="TEN").code})
    order = shopper.post("/api/v1/checkout/", wish).json()
    token = order["access_token"]

    body = shopper.get(f"/api/v1/orders/{order['order_number']}/explain/", headers={"X-Order-Token": token}).json()

    assert [(step["code"], step["amount"]) for step in body["steps"]] == [
        ("item", "39.80"),
        ("discount", "-3.98"),
        ("shipping", "5.00"),
        ("tax", "3.27"),
    ]
    assert (body["order_number"], body["total"], body["currency"]) == (order["order_number"], "44.09", "USD")
    assert body["sum"] == body["total"]
    assert sum(Decimal(step["amount"]) for step in body["steps"]) == Decimal("44.09")
