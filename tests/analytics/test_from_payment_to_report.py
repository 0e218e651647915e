"""The whole way: an order is paid and refunded over HTTP, events are relayed, the job runs, the report shows it."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics import tasks
from authentication.models import User
from common import outbox
from orders.models import Order
from payments import tasks as payment_tasks
from payments.models import Refund
from products.models import Product
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(price=Decimal("20.00"), cost_price=Decimal("8.00"), stock=10)


@pytest.fixture
def order(user: User, product: Product) -> Order:
    return placed_order((product, 3), user=user)


@pytest.fixture
def staff(client_for: ApiClientFor) -> APIClient:
    return client_for(
        staff_user(
            "analytics.view_salesaggregate",
            "orders.view_order",
            "orders.change_order",
            "payments.view_payment",
            "payments.add_refund",
            "payments.change_payment",
        )
    )


def pay(client: APIClient, order: Order) -> int:
    body = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
    response = client.post(
        f"/api/v1/orders/{order.order_number}/payments/", body, headers={"Idempotency-Key": f"pay {order.id}"}
    )
    assert (response.status_code, response.json()["status"]) == (201, "succeeded")
    return int(response.json()["id"])


def reported(staff: APIClient) -> dict[str, Any]:
    """Today's row once everything under way has arrived."""
    outbox.relay()
    for refund in Refund.objects.filter(status=Refund.Status.PENDING):
        payment_tasks.submit_refund(refund.id)
    outbox.relay()
    tasks.refresh_sales_aggregates()
    [*_, today] = staff.get("/api/v1/analytics/sales/").json()["results"]
    return {name: today[name] for name in ("orders", "items", "revenue", "cost", "profit")}


def test_paid_order_shows_and_a_refund_lowers_it(
    staff: APIClient, user_client: APIClient, order: Order, product: Product
) -> None:
    assert reported(staff)["orders"] == 0

    payment = pay(user_client, order)

    assert reported(staff) == {"orders": 1, "items": 3, "revenue": "60.00", "cost": "24.00", "profit": "36.00"}

    body = {
        "items": [{"order_item": order.items.get().id, "quantity": 2}],
        "shipping": False,
        "reason": "Broken",
        "restock": True,
    }
    response = staff.post(f"/api/v1/payments/{payment}/refunds/", body, headers={"Idempotency-Key": "r"})
    assert (response.status_code, response.json()["status"]) == (201, "succeeded")

    assert reported(staff) == {"orders": 1, "items": 1, "revenue": "20.00", "cost": "8.00", "profit": "12.00"}


def test_cancelled_paid_order_leaves_nothing_but_its_count(
    staff: APIClient, user_client: APIClient, order: Order
) -> None:
    pay(user_client, order)

    assert staff.post(f"/api/v1/orders/{order.order_number}/cancel/", {}).status_code == 200

    assert reported(staff) == {"orders": 1, "items": 0, "revenue": "0.00", "cost": "0.00", "profit": "0.00"}
