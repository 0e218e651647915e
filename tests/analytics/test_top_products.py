"""GET analytics/top-products/."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from products.models import Product
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/top-products/"
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


@pytest.fixture
def _sold() -> None:
    """Coats bring most revenue, pins sell most, rings bring most profit; a lamp sells in another month."""
    coat = ProductFactory.create(slug="coat", price=Decimal("100.00"), cost_price=Decimal("95.00"))
    pin = ProductFactory.create(
        slug="pin", name="Safety pin", sku="PIN-1", price=Decimal("1.00"), cost_price=Decimal("0.50")
    )
    ring = ProductFactory.create(slug="ring", price=Decimal("40.00"), cost_price=Decimal("10.00"))
    lamp = ProductFactory.create(slug="lamp", price=Decimal("999.00"))
    paid_order((coat, 1), (pin, 20), at=at(3, 1))
    paid_order((ring, 1), at=at(3, 31))
    paid_order((lamp, 1), at=at(4, 1))
    count_2026()


@pytest.mark.usefixtures("_sold")
@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("revenue", ["coat", "ring", "pin"]),
        ("items", ["pin", "coat", "ring"]),
        ("profit", ["ring", "pin", "coat"]),
    ],
)
def test_ranked_by(analyst: APIClient, by: str, order: list[str]) -> None:
    response = analyst.get(ADDRESS, {**MARCH, "by": by})

    assert response.status_code == 200
    assert [row["product"]["slug"] for row in response.json()["results"]] == order


@pytest.mark.usefixtures("_sold")
def test_body_and_pages(analyst: APIClient) -> None:
    body = analyst.get(ADDRESS, {**MARCH, "page": "2", "page_size": "2"}).json()

    assert body["count"] == 3
    assert body["next"] is None
    assert body["previous"].endswith("page_size=2")
    [pin] = body["results"]
    product = Product.objects.get(slug="pin")
    assert pin.pop("product") == {"id": product.id, "slug": "pin", "name": "Safety pin", "sku": "PIN-1"}
    assert pin == {
        "orders": 1,
        "items": 20,
        "revenue": "20.00",
        "cost": "10.00",
        "profit": "10.00",
        "currency": "USD",
    }


def test_equals_are_ordered_by_id(analyst: APIClient) -> None:
    products = ProductFactory.create_batch(4)
    paid_order(*[(product, 1) for product in reversed(products)], at=at(3, 1))
    count_2026()

    results = analyst.get(ADDRESS, MARCH).json()["results"]

    assert [row["product"]["id"] for row in results] == [product.id for product in products]


@pytest.mark.parametrize("query", [{"by": "name"}, {"page": "0"}, {"page_size": "101"}, {"date_from": "x"}])
def test_bad_query_is_refused(analyst: APIClient, query: dict[str, str]) -> None:
    response = analyst.get(ADDRESS, query)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(query)


def test_who_may_read_it(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get(ADDRESS).status_code == 401
    assert user_client.get(ADDRESS).status_code == 403
