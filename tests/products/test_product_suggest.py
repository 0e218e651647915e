"""GET products/suggest/: names while a customer types, one typo forgiven."""

import pytest
from rest_framework.test import APIClient

from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/suggest/"


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    for name in ("Summer dress", "Leather jacket", "Café table", "Canvas sneakers"):
        ProductFactory.create(name=name, slug=name.lower().replace(" ", "-").replace("é", "e"))
    ProductFactory.create(name="Dress of tomorrow", is_active=False)
    CategoryFactory.create(name="Dresses", slug="dresses")
    CategoryFactory.create(name="Jackets", slug="jackets")


@pytest.mark.parametrize(
    ("q", "products", "categories"),
    [
        ("dre", ["summer-dress"], ["dresses"]),
        ("dress", ["summer-dress"], ["dresses"]),
        ("drses", ["summer-dress"], ["dresses"]),
        ("jaket", ["leather-jacket"], ["jackets"]),
        ("jackez", ["leather-jacket"], ["jackets"]),
        ("snaekers", ["canvas-sneakers"], []),
        ("leather jakc", ["leather-jacket"], []),
        ("derss", ["summer-dress"], ["dresses"]),
        ("bress", ["summer-dress"], ["dresses"]),
        ("dresss", ["summer-dress"], ["dresses"]),
        ("xxess", [], []),
        ("dress leather", [], []),
        ("CAFE", ["cafe-table"], []),
        ("qqqq", [], []),
        ("%", [], []),
        ("d", [], []),
    ],
)
def test_suggestions_forgive_a_typo(guest: APIClient, q: str, products: list[str], categories: list[str]) -> None:
    body = guest.get(URL, {"q": q}).json()

    assert [each["slug"] for each in body["products"]] == products
    assert [each["slug"] for each in body["categories"]] == categories


def test_what_begins_like_the_text_comes_first(guest: APIClient) -> None:
    ProductFactory.create(name="Dress shirt", slug="dress-shirt")

    body = guest.get(URL, {"q": "dress"}).json()

    assert body["products"] == [
        {"name": "Dress shirt", "slug": "dress-shirt"},
        {"name": "Summer dress", "slug": "summer-dress"},
    ]


def test_bad_text_is_refused(guest: APIClient) -> None:
    assert guest.get(URL, {"q": "x" * 201}).json()["errors"][0]["field"] == "q"
    assert guest.get(URL, {"query": "x"}).json()["code"] == "unknown_field"
