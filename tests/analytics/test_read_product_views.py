"""GET analytics/product-views/."""

import pytest
from rest_framework.test import APIClient

from analytics.models import ProductView
from authentication.models import User
from tests.analytics.conftest import at, count_2026
from tests.factories.analytics import paid_order, viewed
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/product-views/"
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}


def test_views_with_conversion(analyst: APIClient) -> None:
    lamp, mug = ProductFactory.create(slug="lamp", name="Lamp", sku="L1"), ProductFactory.create(slug="mug")
    for visitor in ("a", "a", "a", "b"):
        viewed(lamp, at=at(3, 31, 23), session_id=visitor)
    viewed(mug, at=at(3, 1, 0), session_id="a")
    viewed(mug, at=at(4, 1, 0), session_id="b")
    paid_order((lamp, 3), at=at(3, 5))
    count_2026()

    response = analyst.get(ADDRESS, MARCH)

    assert response.status_code == 200
    assert response.json() == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "product": {"id": lamp.id, "slug": "lamp", "name": "Lamp", "sku": "L1"},
                "views": 4,
                "visitors": 2,
                "orders": 1,
                "conversion": 0.5,
            },
            {
                "product": {"id": mug.id, "slug": "mug", "name": mug.name, "sku": mug.sku},
                "views": 1,
                "visitors": 1,
                "orders": 0,
                "conversion": 0.0,
            },
        ],
    }


def test_visitor_is_the_browser_else_the_user_else_each_view(analyst: APIClient, user: User) -> None:
    lamp = ProductFactory.create()
    views = [viewed(lamp, at=at(3, 1), session_id=visitor) for visitor in ("a", "", "", "", "")]
    ProductView.objects.exclude(id=views[0].id).update(session_id=None)
    ProductView.objects.filter(id__in=[views[1].id, views[2].id]).update(user=user)

    [row] = analyst.get(ADDRESS, MARCH).json()["results"]

    assert (row["views"], row["visitors"]) == (5, 4)


def test_equals_are_ordered_by_id_over_pages(analyst: APIClient) -> None:
    products = ProductFactory.create_batch(3)
    for product in reversed(products):
        viewed(product, at=at(3, 1), session_id="a")

    pages = [analyst.get(ADDRESS, {**MARCH, "page": page, "page_size": 1}).json() for page in (1, 2, 3)]

    assert [page["results"][0]["product"]["id"] for page in pages] == [product.id for product in products]


def test_bad_query_is_refused(analyst: APIClient) -> None:
    assert analyst.get(ADDRESS, {"date_from": "2026-13-01"}).status_code == 400
    assert analyst.get(ADDRESS, {"by": "items"}).json()["code"] == "unknown_field"


def test_who_may_read_it(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get(ADDRESS).status_code == 401
    assert user_client.get(ADDRESS).status_code == 403


def test_head_is_answered_like_get(analyst: APIClient) -> None:
    assert analyst.head(ADDRESS, MARCH).status_code == 200
