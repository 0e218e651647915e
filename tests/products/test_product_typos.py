"""GET products/?q= with typos: the product that was meant, what is proposed, and what is never guessed."""

import csv
import gzip
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from products.models import Product
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/"
CATALOGUE = Path(__file__).parents[2] / "demo" / "data" / "catalogue.csv.gz"
FIRST = 5


def answer(client: APIClient, q: str, **params: Any) -> dict[str, Any]:
    response = client.get(URL, {"q": q, **params})
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def slugs(body: dict[str, Any]) -> list[str]:
    return [item["slug"] for item in body["results"]]


@pytest.fixture
def real_names() -> list[str]:
    """The demo's catalogue, with its real names and descriptions; returns the names."""
    with gzip.open(CATALOGUE, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["parent_sku"]]
    Product.objects.bulk_create(
        Product(sku=row["sku"], name=row["name"], slug=row["slug"], description=row["description"], price=1)
        for row in rows
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE products_product, products_productlisting, products_searchword")
    return [row["name"] for row in rows]


def with_one_edit(name: str, chance: Random) -> str:
    """A letter too many, one missing, one wrong, or two swapped, anywhere; never the name itself."""
    while True:
        place, letter = chance.randrange(len(name) - 1), chance.choice(ascii_lowercase)
        before, here, after, rest = name[:place], name[place], name[place + 1], name[place + 2 :]
        edited = chance.choice(
            (
                before + letter + here + after + rest,
                before + after + rest,
                before + letter + after + rest,
                before + after + here + rest,
            )
        )
        if edited.lower() != name.lower():
            return edited


def missed(client: APIClient, names: list[str], *, count: int) -> list[str]:
    """Of so many names with one edit each, those whose product is not among the first results."""
    chance = Random(4)
    texts = [(name, with_one_edit(name, chance)) for name in chance.sample(names, count)]
    return [
        f"{name} as {text}"
        for name, text in texts
        if name not in [item["name"] for item in answer(client, text, page_size=FIRST)["results"]]
    ]


def test_one_edit_in_a_real_name(guest: APIClient, real_names: list[str]) -> None:
    found_not = missed(guest, real_names, count=40)

    assert len(found_not) <= 2, found_not


@pytest.mark.slow
def test_one_edit_in_two_hundred_real_names(guest: APIClient, real_names: list[str]) -> None:
    found_not = missed(guest, real_names, count=200)

    print(f"\n{200 - len(found_not)} of 200 are among the first {FIRST}; not: {found_not}")  # noqa: T201 - a measured figure
    assert len(found_not) <= 10, found_not


@pytest.fixture
def _small_shop() -> None:
    """Four products on offer, and one that is not."""
    names = {
        "dress": "Summer dress",
        "jacket": "Leather jacket",
        "table": "Café table",
        "scarf": "Turquoise silk scarf",
    }
    for slug, name in names.items():
        ProductFactory.create(slug=slug, name=name, sku=f"{slug}-1", description="Well made, of cotton.")
    ProductFactory.create(slug="draft", name="Xylophone", is_active=False)


@pytest.mark.usefixtures("_small_shop")
@pytest.mark.parametrize(
    ("q", "found", "meant"),
    [
        ("drses", ["dress"], "dress"),
        ("jaket", ["jacket"], "jacket"),
        ("leather jackte", ["jacket"], "leather jacket"),
        ("lether jackte", ["jacket"], "leather jacket"),
        ("turqoize", ["scarf"], "turquoise"),
        ("sumer dres", ["dress"], "summer dress"),
        ("Çaffé tabel", ["table"], "cafe table"),
        ("jackez of leather", ["jacket"], "jacket of leather"),
        ("leather jakc", ["jacket"], "leather jacket"),
        ("leather qqqqq jaket", ["jacket"], "leather jacket"),
        ("turquoise silkscarf", ["scarf"], "turquoise silk scarf"),
    ],
)
def test_a_mistyped_search_is_answered_with_the_nearest(guest: APIClient, q: str, found: list[str], meant: str) -> None:
    body = answer(guest, q)

    assert (slugs(body), body["count"], body["did_you_mean"]) == (found, len(found), meant)


@pytest.mark.usefixtures("_small_shop")
@pytest.mark.parametrize("q", ["dress", "dre", "cotton", "dress-1", "DRESS-1"])
def test_a_search_that_finds_something_proposes_nothing(guest: APIClient, q: str) -> None:
    body = answer(guest, q)

    assert body["count"] > 0
    assert "did_you_mean" not in body


@pytest.mark.usefixtures("_small_shop")
@pytest.mark.parametrize("q", ["zebra", "xylophone", "xylophne", '"drses"', "dress -summer", "drs", "qq", "%", "the"])
def test_where_nothing_is_near_nothing_is_found(guest: APIClient, q: str) -> None:
    body = answer(guest, q)

    assert (body["count"], body["results"]) == (0, [])
    assert "did_you_mean" not in body


@pytest.mark.usefixtures("_small_shop")
def test_other_filters_hold_for_the_nearest_and_make_no_typos(guest: APIClient) -> None:
    ProductFactory.create(slug="dear", name="Evening dress", price=900)

    assert slugs(answer(guest, "drses", min_price="500")) == ["dear"]
    assert slugs(answer(guest, "drses", ordering="-price")) == ["dear", "dress"]
    none = answer(guest, "jacket", min_price="500")
    assert (none["count"], none.get("did_you_mean")) == (0, None)


def test_only_the_nearest_words_are_taken(guest: APIClient) -> None:
    ProductFactory.create(slug="near", name="Hotamsand")
    ProductFactory.create(slug="far", name="Hotamsath")

    assert slugs(answer(guest, "hotamsamd")) == ["near"]


@pytest.mark.usefixtures("_small_shop")
def test_facets_count_what_the_list_finds(guest: APIClient) -> None:
    category = CategoryFactory.create(name="Wear", slug="wear")
    Product.objects.get(slug="dress").categories.add(category)

    body = guest.get(f"{URL}facets/", {"q": "drses"}).json()

    assert (body["count"], [each["slug"] for each in body["categories"]]) == (1, ["wear"])


@pytest.mark.usefixtures("_small_shop")
def test_only_a_search_that_finds_nothing_pays_for_typos(guest: APIClient) -> None:
    with CaptureQueriesContext(connection) as right:
        answer(guest, "jacket")
    with CaptureQueriesContext(connection) as wrong:
        answer(guest, "jaket")

    assert [query["sql"] for query in right.captured_queries if "searchword" in query["sql"]] == []
    assert len([query["sql"] for query in wrong.captured_queries if "searchword" in query["sql"]]) == 1


def test_words_are_learned_when_a_name_changes(guest: APIClient) -> None:
    product = ProductFactory.create(slug="gizmo", name="Gizmo")
    Product.objects.filter(id=product.id).update(name="Umbrella")

    assert answer(guest, "umbrela")["did_you_mean"] == "umbrella"
    assert answer(guest, "gzimo")["count"] == 0


def test_a_variations_sku_finds_its_product_first(guest: APIClient) -> None:
    ProductFactory.create(slug="named-so", name="AB 12 XL")
    varied = ProductFactory.create(slug="varied", name="Shirt", stock=0)
    VariationFactory.create(product=varied, sku="AB-12-XL")

    assert slugs(answer(guest, "ab-12-xl"))[0] == "varied"
