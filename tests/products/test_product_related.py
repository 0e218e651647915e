"""GET products/{slug}/related/: what customers bought with it, and neighbours in its categories, on offer now."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from products.models import BoughtTogether, Category, Product, ProductListing
from products.querysets import related
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/related/"


@pytest.fixture
def shoes(db: None) -> Category:
    return CategoryFactory.create(slug="shoes")


@pytest.fixture
def boot(shoes: Category) -> Product:
    return ProductFactory.create(slug="boot", categories=[shoes])


def with_boot(boot: Product, *others: Product) -> None:
    for place, other in enumerate(others, start=1):
        BoughtTogether.objects.create(product=boot, other=other, place=place, order_count=2)


def shown(body: dict[str, Any]) -> tuple[list[int], list[int]]:
    return [each["id"] for each in body["also_bought"]], [each["id"] for each in body["related"]]


def test_items_are_those_of_lists(guest: APIClient, boot: Product, shoes: Category) -> None:
    sock, sandal = ProductFactory.create(), ProductFactory.create(categories=[shoes])
    with_boot(boot, sock)

    body = guest.get(URL).json()

    assert shown(body) == ([sock.id], [sandal.id])
    listed = {each["id"]: each for each in guest.get("/api/v1/products/").json()["results"]}
    assert body["also_bought"] == [listed[sock.id]]
    assert body["related"] == [listed[sandal.id]]


def test_what_was_bought_stands_in_its_place_and_nowhere_else(guest: APIClient, boot: Product, shoes: Category) -> None:
    first, second = ProductFactory.create_batch(2, categories=[shoes])
    with_boot(boot, second, first)

    assert shown(guest.get(URL).json()) == ([second.id, first.id], [])


def test_neighbours_share_the_most_categories_are_in_stock_and_sell_well(
    guest: APIClient, boot: Product, shoes: Category
) -> None:
    winter = CategoryFactory.create()
    boot.categories.add(winter)
    plain, popular, sold_out = (ProductFactory.create(categories=[shoes], stock=number) for number in (1, 1, 0))
    both = ProductFactory.create(categories=[shoes, winter], stock=0)
    ProductListing.objects.filter(product__in=[popular, sold_out]).update(popularity=9)

    assert shown(guest.get(URL).json())[1] == [both.id, popular.id, plain.id, sold_out.id]


def test_only_what_is_on_offer_is_shown(guest: APIClient, clerk: APIClient, boot: Product, shoes: Category) -> None:
    sock, sandal = ProductFactory.create(is_active=False), ProductFactory.create(categories=[shoes], is_active=False)
    with_boot(boot, sock)

    for client in (guest, clerk):
        assert shown(client.get(URL).json()) == ([], [])
    sock.is_active = sandal.is_active = True
    sock.save()
    sandal.save()
    assert shown(guest.get(URL).json()) == ([sock.id], [sandal.id])


def test_twelve_neighbours_at_most(guest: APIClient, boot: Product, shoes: Category) -> None:
    ProductFactory.create_batch(14, categories=[shoes])

    assert len(guest.get(URL).json()["related"]) == 12


def test_large_categories_are_read_up_to_a_bound(
    guest: APIClient, boot: Product, shoes: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"LIMIT {related.MOST_MEMBERS}" in related._RELATED
    monkeypatch.setattr(related, "_RELATED", related._RELATED.replace(f"LIMIT {related.MOST_MEMBERS}", "LIMIT 3"))
    latest = ProductFactory.create_batch(5, categories=[shoes])[-3:]

    assert set(shown(guest.get(URL).json())[1]) == {product.id for product in latest}


def test_a_product_that_is_not_offered_has_none(guest: APIClient, clerk: APIClient, boot: Product) -> None:
    Product.objects.update(is_active=False)

    assert guest.get(URL).status_code == 404
    assert guest.get("/api/v1/products/no-such/related/").status_code == 404
    assert clerk.get(URL).status_code == 200


def test_it_costs_the_same_however_much_is_shown(guest: APIClient, boot: Product, shoes: Category) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            guest.get(URL)
        return len(captured)

    for product in ProductFactory.create_batch(2, categories=[shoes]):
        ImageFactory.create(product=product)
    few = statements()
    for product in ProductFactory.create_batch(9, categories=[shoes]):
        ImageFactory.create(product=product)
    with_boot(boot, *ProductFactory.create_batch(5))

    assert statements() == few == 5


def test_an_unknown_parameter_is_refused(guest: APIClient, boot: Product) -> None:
    assert guest.get(URL, {"page": 2}).status_code == 400


def test_the_answer_may_be_cached_and_asked_for_again(guest: APIClient, boot: Product) -> None:
    answer = guest.get(URL)

    assert "public" in answer["Cache-Control"]
    assert guest.get(URL, headers={"If-None-Match": answer["ETag"]}).status_code == 304
