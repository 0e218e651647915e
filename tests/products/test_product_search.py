"""GET products/?q=: stems, accents, SKUs, beginnings, rank."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import Product, ProductListing
from products.querysets import found
from products.querysets.found import FoundProducts
from products.querysets.ranked import read_ranked
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


@pytest.mark.parametrize(
    "text",
    [
        *("dress", "red dress", "dre", "B-1", "b-1", "4006381333931", '"red dress"', "dress -red", "Red Dress", "a"),
        *("dress  ", "drés", "the", "red the", "&|!", "'", '24" wig - black', "B-1-S", "no such thing at all"),
    ],
)
def test_one_statement_finds_what_the_filters_find(text: str) -> None:
    """The page of a plain search is read in one statement of its own; the order is that of all other searches."""
    ProductFactory.create(name="Dress", sku="A-1", barcode="4006381333931")
    for number in range(4):
        ProductFactory.create(name=f"Red dress {number}", sku=f"B-{number}", stock=number % 2)
    ProductFactory.create(name="Shirt", description="Goes with any dress, red or not.")
    ProductFactory.create(name="Wig", description='24" black')
    sized = ProductFactory.create(name="Hat", stock=0)
    VariationFactory.create(product=sized, sku="B-1-S")
    ProductFactory.create(name="Red dress, a draft", is_active=False)
    ProductListing.objects.filter(product__sku="B-3").update(popularity=50)

    for drafts in (False, True):
        visible: Any = Product.objects.all() if drafts else Product.objects.active()
        searched = FoundProducts(visible=visible, narrowed=visible, filters={}, text=text.strip(), ordering="relevance")
        count = searched.counted[1][0]
        statement = searched.page_statement()
        assert statement is not None
        for start in (0, 2):
            page = read_ranked(text.strip(), drafts=drafts, start=start, size=2)
            if searched.did_you_mean is None and count > start:
                assert page is not None
                assert (page.shown, page.count) == (statement.read(start, 2)[0], count)
            else:
                assert page is None
