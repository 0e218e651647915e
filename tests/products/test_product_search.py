"""GET products/?q=: stems, accents, SKUs, beginnings, rank."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import ProductListing
from products.querysets import found
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

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


def test_an_exact_barcode_comes_first(guest: APIClient) -> None:
    ProductFactory.create(slug="mentions", name="Case for 4006381333931", description="Fits 4006381333931 well.")
    ProductFactory.create(slug="scanned", name="Marker", barcode="4006381333931")
    pen = ProductFactory.create(slug="by-variation", name="Pen")
    VariationFactory.create(product=pen, barcode="4006381333948")

    assert slugs(guest, "4006381333931") == ["scanned", "mentions"]
    assert slugs(guest, "4006381333948") == ["by-variation"]


def test_the_exact_name_comes_before_longer_ones(guest: APIClient) -> None:
    ProductFactory.create(slug="long", name="Dress shirt of a dress maker", description="dress " * 50)
    ProductFactory.create(slug="exact", name="Dress shirt")

    assert slugs(guest, "dress shirt") == ["exact", "long"]


def test_what_sells_comes_first_and_what_is_sold_out_last(guest: APIClient) -> None:
    for slug, stock, popularity in (("plain", 1, 0), ("popular", 1, 100), ("gone", 0, 0)):
        product = ProductFactory.create(slug=slug, name="Parasol", stock=stock)
        ProductListing.objects.filter(product=product).update(popularity=popularity)

    assert slugs(guest, "parasols") == ["popular", "plain", "gone"]


def test_what_too_many_products_match_is_ordered_by_sales(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "MOST_RANKED", 1)
    for slug, stock, popularity in (("plain", 1, 0), ("popular", 1, 100), ("gone", 0, 500)):
        product = ProductFactory.create(slug=slug, name="Parasol", sku=f"{slug}-sku", stock=stock)
        ProductListing.objects.filter(product=product).update(popularity=popularity)

    assert slugs(guest, "parasols") == ["popular", "plain", "gone"]

    ProductFactory.create(slug="coded", name="Thing", sku="parasol")
    assert slugs(guest, "parasol")[0] == "coded"


@pytest.mark.parametrize("name", ['24" lace wig - black', "Shirt -", 'The "great" one - relaxed fit'])
def test_a_name_with_dashes_and_inches_finds_itself(guest: APIClient, name: str) -> None:
    ProductFactory.create(slug="odd", name=name)

    assert slugs(guest, name)[0] == "odd"


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
