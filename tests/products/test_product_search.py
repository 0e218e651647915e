"""GET products/?q=: stems, accents, SKUs, beginnings, rank."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


def slugs(client: APIClient, q: str, **params: Any) -> list[str]:
    response = client.get("/api/v1/products/", {"q": q, **params})
    assert response.status_code == 200, response.content
    return [item["slug"] for item in response.json()["results"]]


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    ProductFactory.create(slug="dresses", name="Summer dresses", sku="DR-100", description="Light cotton.")
    ProductFactory.create(slug="cafe", name="Café table", sku="TB-7", description="Goes with a red dress.")
    ProductFactory.create(slug="shirt", name="Cotton shirt", sku="SH-100", description="Striped.")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("dress", ["dresses", "cafe"]),
        ("DRESSES", ["dresses", "cafe"]),
        ("cafe", ["cafe"]),
        ("cafés", ["cafe"]),
        ("tb-7", ["cafe"]),
        ("SH-100", ["shirt"]),
        ("cotton", ["shirt", "dresses"]),
        ("summer dre", ["dresses"]),
        ("shi", ["shirt"]),
        ("cotton -shirt", ["dresses"]),
        ('"cotton shirt"', ["shirt"]),
        ("shirt or table", ["shirt", "cafe"]),
        ("the", []),
        ("zebra", []),
    ],
)
def test_text_finds_what_a_customer_means(guest: APIClient, q: str, expected: list[str]) -> None:
    assert sorted(slugs(guest, q)) == sorted(expected)


def test_names_weigh_more_than_descriptions(guest: APIClient) -> None:
    assert slugs(guest, "dress") == ["dresses", "cafe"]
    assert slugs(guest, "cotton") == ["shirt", "dresses"]


def test_the_exact_sku_comes_first(guest: APIClient) -> None:
    ProductFactory.create(slug="praised", name="SH-100 SH-100 SH-100", sku="X-1", description="sh-100 " * 20)

    assert slugs(guest, "sh-100") == ["shirt", "praised"]


def test_a_search_is_filtered_and_ordered_like_any_list(guest: APIClient) -> None:
    category = CategoryFactory.create(slug="sale")
    ProductFactory.create(slug="cheap", name="Dress", price=1, categories=[category])
    ProductFactory.create(slug="dear", name="Dress", price=90, categories=[category])

    assert slugs(guest, "dress", category="sale", ordering="-price") == ["dear", "cheap"]
    assert slugs(guest, "dress", category="sale", max_price="50") == ["cheap"]
    assert slugs(guest, "dress", category="sale", ordering="relevance") == ["cheap", "dear"]


def test_drafts_are_not_found(guest: APIClient) -> None:
    ProductFactory.create(slug="draft", name="Zebra dress", is_active=False)

    assert slugs(guest, "zebra") == []


@pytest.mark.parametrize("q", ["%%%", "'", "a'b", "((", "& | !", "\\", '"', "-", ":*", "dress:*", "日本", "a " * 100])
def test_nothing_typed_breaks_the_search(guest: APIClient, q: str) -> None:
    assert guest.get("/api/v1/products/", {"q": q}).status_code == 200
