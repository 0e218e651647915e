"""GET orders/{order_number}/explain/: how the total of a placed order came about."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from tests.factories.orders import OrderFactory, OrderItemFactory

pytestmark = pytest.mark.django_db


def test_steps_name_everything_and_sum_to_the_total(superuser_client: APIClient) -> None:
    order = OrderFactory.create(
        subtotal=Decimal("25.00"),
        discount=Decimal("2.50"),
        coupon_code="SPRING",
        shipping_method_name="Express",
        shipping_cost=Decimal("5.00"),
        tax=Decimal("1.63"),
        tax_lines=[{"name": "Sales tax", "rate": "7.25", "amount": "1.63", "included": False}],
    )
    OrderItemFactory.create(order=order, product_name="Jumper", variation_name="M", price=Decimal("10.00"), quantity=2)
    OrderItemFactory.create(order=order, product_name="Cap", price=Decimal("5.00"))

    response = superuser_client.get(f"/api/v1/orders/{order.order_number}/explain/")

    assert response.status_code == 200
    assert response.json()["steps"] == [
        {"code": "item", "label": "2 x 10.00 Jumper (M)", "amount": "20.00"},
        {"code": "item", "label": "1 x 5.00 Cap", "amount": "5.00"},
        {"code": "discount", "label": "Coupon SPRING", "amount": "-2.50"},
        {"code": "shipping", "label": "Shipping: Express", "amount": "5.00"},
        {"code": "tax", "label": "Sales tax 7.25 %", "amount": "1.63"},
    ]
    assert sum(Decimal(step["amount"]) for step in response.json()["steps"]) == Decimal("29.13")
    assert response.json()["total"] == "29.13"


def test_contained_tax_and_free_shipping(superuser_client: APIClient) -> None:
    order = OrderFactory.create(
        subtotal=Decimal("119.00"),
        discount=Decimal("5.00"),
        shipping_discount=Decimal("5.00"),
        coupon_code="FREE",
        shipping_cost=Decimal("5.00"),
        tax_included=Decimal("19.00"),
        prices_include_tax=True,
        tax_lines=[{"name": "VAT", "rate": "19", "amount": "19.00", "included": True}],
    )
    OrderItemFactory.create(order=order, product_name="Coat", price=Decimal("119.00"))

    steps = superuser_client.get(f"/api/v1/orders/{order.order_number}/explain/").json()["steps"]

    assert [(step["code"], step["amount"]) for step in steps] == [
        ("item", "119.00"),
        ("shipping", "5.00"),
        ("shipping_discount", "-5.00"),
        ("tax_included", "0.00"),
    ]
