"""GET products/: who sees what, every filter and order, pages, bad input and caching."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from authentication.models import User
from products.models import Product, ProductListing, ProductVariation
from products.services import reviews, stock
from products.services.stock import StockKey
from tests.conftest import ApiClientFor
from tests.factories.products import CategoryFactory, ProductFactory, ReviewFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/"


def slugs(client: APIClient, **params: Any) -> list[str]:
    response = client.get(URL, params)
    assert response.status_code == 200, response.content
    return [item["slug"] for item in response.json()["results"]]


def refusal(client: APIClient, **params: str) -> tuple[int, list[str]]:
    response = client.get(URL, params)
    return response.status_code, sorted({error["field"] for error in response.json()["errors"]})


def test_an_item_shows_exactly_the_public_fields(guest: APIClient) -> None:
    category = CategoryFactory.create(name="Shoes", slug="shoes")
    product = ProductFactory.create(
        name="Boot",
        slug="boot",
        sku="B-1",
        price=Decimal("19.90"),
        compare_price=Decimal("25.00"),
        cost_price=Decimal(7),
    )
    product.categories.add(category)
    review = ReviewFactory.create(product=product, rating=4)
    reviews.approve_review(review_id=review.id)
    ReviewFactory.create(product=product, rating=1)

    body = guest.get(URL).json()

    product.refresh_from_db()
    assert body == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": product.id,
                "slug": "boot",
                "name": "Boot",
                "sku": "B-1",
                "price": "19.90",
                "compare_price": "25.00",
                "currency": "USD",
                "in_stock": True,
                "rating_average": "4.00",
                "rating_count": 1,
                "image": None,
                "categories": [{"id": category.id, "name": "Shoes", "slug": "shoes"}],
                "created_at": product.created_at.isoformat().replace("+00:00", "Z"),
                "updated_at": product.updated_at.isoformat().replace("+00:00", "Z"),
            }
        ],
    }


def test_only_staff_see_drafts_stock_and_cost(guest: APIClient, user_client: APIClient, clerk: APIClient) -> None:
    ProductFactory.create(slug="offered")
    ProductFactory.create(slug="draft", is_active=False, cost_price=Decimal("3.00"), stock=4)

    assert slugs(guest) == ["offered"]
    assert slugs(user_client) == ["offered"]
    assert slugs(clerk) == ["draft", "offered"]
    draft = clerk.get(URL).json()["results"][0]
    assert (draft["cost_price"], draft["stock_quantity"], draft["is_active"]) == ("3.00", 4, False)
    assert "cost_price" not in user_client.get(URL).json()["results"][0]


def test_the_category_filter_counts_what_is_below_it_once(guest: APIClient) -> None:
    women = CategoryFactory.create(slug="women")
    dresses = CategoryFactory.create(slug="dresses", parent=women)
    summer = CategoryFactory.create(slug="summer", parent=dresses)
    ProductFactory.create(slug="in-all", categories=[women, dresses, summer])
    ProductFactory.create(slug="deep", categories=[summer])
    ProductFactory.create(slug="elsewhere", categories=[CategoryFactory.create(slug="men")])

    assert slugs(guest, category="women") == ["deep", "in-all"]
    assert slugs(guest, category="summer") == ["deep", "in-all"]
    assert slugs(guest, category="men") == ["elsewhere"]


def test_price_filters_include_their_ends(guest: APIClient) -> None:
    for price in ("9.99", "10.00", "20.00", "20.01"):
        ProductFactory.create(slug=f"p{price.replace('.', '-')}", price=Decimal(price))

    assert slugs(guest, min_price="10", max_price="20.00", ordering="price") == ["p10-00", "p20-00"]


def test_in_stock_means_own_stock_or_an_active_variation_with_stock(guest: APIClient) -> None:
    ProductFactory.create(slug="own", stock=1)
    ProductFactory.create(slug="none", stock=0)
    varied = ProductFactory.create(slug="varied", stock=0)
    VariationFactory.create(product=varied, stock=0)
    VariationFactory.create(product=varied, stock=2)
    hidden = ProductFactory.create(slug="hidden", stock=0)
    VariationFactory.create(product=hidden, stock=5, is_active=False)

    assert slugs(guest, in_stock="true") == ["varied", "own"]
    assert slugs(guest, in_stock="false") == ["hidden", "none"]
    shown = {item["slug"]: item["in_stock"] for item in guest.get(URL).json()["results"]}
    assert shown == {"own": True, "none": False, "varied": True, "hidden": False}


def test_in_stock_follows_every_change_of_stock_and_of_variations(guest: APIClient) -> None:
    own = ProductFactory.create(slug="own", stock=1)
    sized = ProductFactory.create(slug="sized", stock=0)
    small, large = (VariationFactory.create(product=sized, value=size, stock=1) for size in "SL")
    assert slugs(guest, in_stock="true") == ["sized", "own"]

    stock.take(demand={StockKey(own.id, None): 1, StockKey(sized.id, small.id): 1}, order_number="A")
    assert slugs(guest, in_stock="true") == ["sized"]
    ProductVariation.objects.filter(id=large.id).update(is_active=False)
    assert slugs(guest, in_stock="true") == []
    stock.adjust(key=StockKey(sized.id, small.id), delta=1, note="Found")
    assert slugs(guest, in_stock="true") == ["sized"]
    ProductVariation.objects.filter(id=small.id).delete()
    assert slugs(guest, in_stock="true") == []
    ProductVariation.objects.all().update(is_active=True)
    assert slugs(guest, in_stock="true") == ["sized"]


def test_min_rating_looks_at_approved_reviews(guest: APIClient) -> None:
    for slug, rating, approved in (("good", 5, True), ("fair", 3, True), ("unknown", 5, False)):
        ReviewFactory.create(product=ProductFactory.create(slug=slug), rating=rating, is_approved=approved)

    assert slugs(guest, min_rating="3.01") == ["good"]
    assert slugs(guest, min_rating="3") == ["fair", "good"]


def test_values_of_one_option_are_alternatives_and_options_add_up(guest: APIClient) -> None:
    for slug, options in {
        "red-m": [("Size", "Medium"), ("Colour", "Red")],
        "blue-l": [("Size", "Large"), ("Colour", "Blue")],
        "green-s": [("Size", "Small"), ("Colour", "Green")],
    }.items():
        product = ProductFactory.create(slug=slug, stock=0)
        for name, value in options:
            VariationFactory.create(product=product, name=name, value=value)
    VariationFactory.create(
        product=ProductFactory.create(slug="gone", stock=0), name="Size", value="Medium", is_active=False
    )

    assert slugs(guest, option="Size:Medium") == ["red-m"]
    assert slugs(guest, option=["Size:Medium", "Size:Large"]) == ["blue-l", "red-m"]
    assert slugs(guest, option=["Size:Medium", "Size:Large", "Colour:Blue"]) == ["blue-l"]
    assert slugs(guest, option=["Size:Medium", "Colour:Blue"]) == []


def test_updated_after_is_exclusive(guest: APIClient) -> None:
    old = ProductFactory.create(slug="old")
    Product.objects.filter(id=old.id).update(updated_at=datetime(2020, 1, 1, tzinfo=UTC))
    ProductFactory.create(slug="new")

    assert slugs(guest, updated_after="2020-01-01T00:00:00Z") == ["new"]
    assert slugs(guest, updated_after="2019-12-31T23:59:59Z") == ["new", "old"]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("newest", ["d", "c", "b", "a"]),
        ("price", ["c", "a", "b", "d"]),
        ("-price", ["d", "b", "a", "c"]),
        ("name", ["d", "a", "c", "b"]),
        ("-rating", ["b", "d", "c", "a"]),
        ("popularity", ["c", "a", "d", "b"]),
    ],
)
def test_every_order_ends_in_the_primary_key(guest: APIClient, ordering: str, expected: list[str]) -> None:
    rows = (("a", 20, "Beta", 0, 7), ("b", 20, "Delta", 5, 1), ("c", 10, "Beta", 0, 9), ("d", 30, "Alpha", 3, 1))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for slug, price, name, rating, popularity in rows:
        product = ProductFactory.create(slug=slug, price=price, name=name)
        Product.objects.filter(id=product.id).update(created_at=now)
        listing = {"rating_average": rating, "popularity": popularity}
        ProductListing.objects.filter(product=product).update(**listing)

    assert slugs(guest, ordering=ordering) == expected


def test_a_list_costs_few_statements_however_long_it_is(guest: APIClient) -> None:
    category = CategoryFactory.create(slug="all")
    for _ in range(3):
        VariationFactory.create(product=ProductFactory.create(stock=0, categories=[category]))

    with CaptureQueriesContext(connection) as few:
        guest.get(URL, {"category": "all", "in_stock": "true"})
    for _ in range(5):
        ProductFactory.create(categories=[category])
    with CaptureQueriesContext(connection) as more:
        guest.get(URL, {"category": "all", "in_stock": "true"})

    assert (len(few), len(more)) == (6, 5)  # a known address needs its category no more


def test_pages_follow_each_other_without_gaps(guest: APIClient) -> None:
    made = [ProductFactory.create(price=1).slug for _ in range(5)]

    first = guest.get(URL, {"page_size": "2", "ordering": "price"}).json()
    second = guest.get(first["next"]).json()
    third = guest.get(second["next"]).json()

    assert [item["slug"] for page in (first, second, third) for item in page["results"]] == made
    assert (first["count"], first["previous"], third["next"]) == (5, None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "no-such-category"),
        ("category", "not a slug"),
        ("q", "x" * 201),
        ("min_price", "cheap"),
        ("min_price", "-1"),
        ("min_price", "NaN"),
        ("max_price", "1e400"),
        ("max_price", "1.999"),
        ("in_stock", "perhaps"),
        ("min_rating", "6"),
        ("option", "Size"),
        ("option", ":Medium"),
        ("updated_after", "yesterday"),
        ("ordering", "cost_price"),
        ("ordering", "relevance"),
        ("page", "0"),
        ("page", "99"),
        ("page_size", "101"),
        ("is_active", "false"),
        ("limit", "5"),
    ],
)
def test_bad_parameters_are_refused_by_name(guest: APIClient, field: str, value: str) -> None:
    assert refusal(guest, **{field: value}) == (400, [field])


def test_nul_is_a_bad_request(guest: APIClient) -> None:
    assert guest.get(f"{URL}?q=a%00b").status_code == 400


def test_guests_may_cache_and_bearers_only_for_themselves(
    guest: APIClient, user: User, client_for: ApiClientFor
) -> None:
    ProductFactory.create()

    public, private = guest.get(URL), client_for(user).get(URL)

    assert public["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert private["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization"} <= {name.strip().title() for name in public["Vary"].split(",")}


def test_an_unchanged_list_is_not_sent_again(guest: APIClient) -> None:
    product = ProductFactory.create()
    etag = guest.get(URL)["ETag"]

    unchanged = guest.get(URL, headers={"If-None-Match": etag})
    Product.objects.filter(id=product.id).update(name="Renamed")
    changed = guest.get(URL, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert unchanged["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert changed.status_code == 200
    assert changed["ETag"] != etag
