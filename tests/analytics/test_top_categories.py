"""GET analytics/top-categories/."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/top-categories/"
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


def test_product_counts_in_each_of_its_categories(analyst: APIClient) -> None:
    gifts, clothes = CategoryFactory.create(slug="gifts", name="Gifts"), CategoryFactory.create(slug="clothes")
    scarf = ProductFactory.create(price=Decimal("10.00"), cost_price=Decimal("4.00"), categories=[gifts, clothes])
    mug = ProductFactory.create(price=Decimal("5.00"), categories=[gifts])
    paid_order((scarf, 1), (mug, 1), at=at(3, 1))
    paid_order((mug, 1), at=at(2, 28))
    count_2026()

    response = analyst.get(ADDRESS, {**MARCH, "by": "items"})

    assert response.status_code == 200
    first, second = response.json()["results"]
    assert first == {
        "category": {"id": gifts.id, "slug": "gifts", "name": "Gifts"},
        "orders": 1,
        "items": 2,
        "revenue": "15.00",
        "cost": "4.00",
        "profit": "11.00",
        "currency": "USD",
    }
    assert (second["category"]["slug"], second["items"]) == ("clothes", 1)


def test_bad_query_is_refused(analyst: APIClient) -> None:
    assert analyst.get(ADDRESS, {"by": "id"}).status_code == 400
    assert analyst.get(ADDRESS, {"product": "x"}).json()["code"] == "unknown_field"


def test_who_may_read_it(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get(ADDRESS).status_code == 401
    assert user_client.get(ADDRESS).status_code == 403
