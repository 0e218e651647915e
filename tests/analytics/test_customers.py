"""GET analytics/customers/."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from orders.models import Order
from products.models import Product
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order, refunded
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/customers/"
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31", "group_by": "month"}


@pytest.fixture
def _sold() -> None:
    """March: Ada's first order and two more, of which one goes back in April; Bob's first."""
    lamp = ProductFactory.create(price=Decimal("10.00"))
    by("ada@example.com", lamp, 1, day=1)
    again = by("ada@example.com", lamp, 2, day=2)
    by("ada@example.com", lamp, 3, day=3)
    by("bob@example.com", lamp, 4, day=3)
    refunded(again.items.get(), at=at(4, 1), amount=Decimal("20.00"), quantity=2)
    count_2026()


def by(email: str, product: Product, quantity: int, *, day: int) -> Order:
    order = paid_order((product, quantity), at=at(3, day))
    Order.objects.filter(id=order.id).update(email=email, user=None)
    return order


@pytest.mark.usefixtures("_sold")
def test_new_and_returning_customers_by_period(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, {**MARCH, "date_to": "2026-05-31"})

    assert response.status_code == 200
    assert response.json() == {
        "date_from": "2026-03-01",
        "date_to": "2026-05-31",
        "group_by": "month",
        "currency": "USD",
        "results": [
            {
                "date": "2026-03-01",
                "new_orders": 2,
                "returning_orders": 2,
                "new_revenue": "50.00",
                "returning_revenue": "50.00",
                "returning_share": 0.5,
            },
            {
                "date": "2026-04-01",
                "new_orders": 0,
                "returning_orders": 0,
                "new_revenue": "0.00",
                "returning_revenue": "-20.00",
                "returning_share": None,
            },
            {
                "date": "2026-05-01",
                "new_orders": 0,
                "returning_orders": 0,
                "new_revenue": "0.00",
                "returning_revenue": "0.00",
                "returning_share": None,
            },
        ],
    }


@pytest.mark.usefixtures("_sold")
def test_csv(analyst: APIClient) -> None:
    response = analyst.get(ADDRESS, MARCH, headers={"Accept": "text/csv"})

    assert response["Content-Disposition"] == 'attachment; filename="customers-2026-03-01-2026-03-31.csv"'
    assert response.getvalue().decode().splitlines() == [
        "date,new_orders,returning_orders,new_revenue,returning_revenue,returning_share,currency",
        "2026-03-01,2,2,50.00,50.00,0.5,USD",
    ]


@pytest.mark.parametrize("query", [{"group_by": "hour"}, {"by": "items"}])
def test_bad_query_is_refused(analyst: APIClient, query: dict[str, str]) -> None:
    response = analyst.get(ADDRESS, query)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(query)
