"""GET products/facets/: counts for the filters of the list."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common.counting import BoundedCount
from products.querysets import facets
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/facets/"


def test_counts_by_category_option_and_price(guest: APIClient) -> None:
    women = CategoryFactory.create(name="Women", slug="women")
    dresses = CategoryFactory.create(name="Dresses", slug="dresses", parent=women)
    men = CategoryFactory.create(name="Men", slug="men")
    first = ProductFactory.create(price=Decimal("12.00"), stock=0, categories=[women, dresses])
    second = ProductFactory.create(price=Decimal("19.99"), stock=0, categories=[dresses])
    ProductFactory.create(price=Decimal("60.00"), categories=[men])
    ProductFactory.create(price=Decimal("60.00"), categories=[men], is_active=False)
    VariationFactory.create(product=first, name="Size", value="M")
    VariationFactory.create(product=second, name="Size", value="M")
    VariationFactory.create(product=second, name="Size", value="L")
    VariationFactory.create(product=second, name="Size", value="XL", is_active=False)

    body = guest.get(URL).json()

    assert body == {
        "count": 3,
        "count_is_estimate": False,
        "currency": "USD",
        "categories": [
            {"id": dresses.id, "name": "Dresses", "slug": "dresses", "count": 2},
            {"id": women.id, "name": "Women", "slug": "women", "count": 2},
            {"id": men.id, "name": "Men", "slug": "men", "count": 1},
        ],
        "options": [{"name": "Size", "values": [{"value": "M", "count": 2}, {"value": "L", "count": 1}]}],
        "prices": [
            {"min_price": "10.00", "max_price": "19.99", "count": 2},
            {"min_price": "60.00", "max_price": "69.99", "count": 1},
        ],
    }


def test_a_facet_counts_what_its_filter_finds(guest: APIClient) -> None:
    for price in (3, 8, 40, 41, 99):
        ProductFactory.create(name="Lamp", price=price)
    ProductFactory.create(name="Chair", price=8)

    bands = guest.get(URL, {"q": "lamp"}).json()["prices"]

    for band in bands:
        filters = {"q": "lamp", "min_price": band["min_price"], "max_price": band["max_price"]}
        assert guest.get("/api/v1/products/", filters).json()["count"] == band["count"]
    assert sum(band["count"] for band in bands) == 5


def test_nothing_found_is_nothing_counted(guest: APIClient) -> None:
    body = guest.get(URL, {"q": "nothing"}).json()

    assert (body["count"], body["categories"], body["options"], body["prices"]) == (0, [], [], [])


def test_filters_narrow_and_bad_ones_are_refused(guest: APIClient) -> None:
    ProductFactory.create(price=5)
    ProductFactory.create(price=50)

    assert guest.get(URL, {"min_price": "10"}).json()["count"] == 1
    assert guest.get(URL, {"min_price": "x"}).json()["errors"][0]["field"] == "min_price"
    assert guest.get(URL, {"page": "1"}).json()["code"] == "unknown_field"


def test_beyond_the_bound_counts_are_estimates(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    category = CategoryFactory.create()
    for _ in range(6):
        ProductFactory.create(categories=[category])
    monkeypatch.setattr(facets, "EXACT_COUNT_UP_TO", 3)
    monkeypatch.setattr(BoundedCount, "estimate", lambda counted: 8)

    body = guest.get(URL).json()

    assert (body["count"], body["count_is_estimate"], body["categories"][0]["count"]) == (8, True, 8)


def test_facets_cost_three_statements(guest: APIClient) -> None:
    for _ in range(3):
        VariationFactory.create(product=ProductFactory.create(categories=[CategoryFactory.create()], stock=0))

    with CaptureQueriesContext(connection) as statements:
        guest.get(URL)

    assert len(statements) == 3
