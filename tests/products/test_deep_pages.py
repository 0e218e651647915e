"""Pages far down a list, read from where somebody leafed through before: always what a walk from the top finds."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from products.api import lists
from products.models import Product
from products.querysets.anchors import Anchor, Anchors
from products.querysets.marks import Marks
from tests.factories.products import CategoryFactory, ProductFactory

PRODUCTS = 40
SIZE = 4


@pytest.fixture(autouse=True)
def short_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "FROM_PLACE", 2 * SIZE)
    lists._anchors.clear()


@pytest.fixture
def catalogue(transactional_db: None) -> list[Product]:
    category = CategoryFactory.create(slug="lamps")
    return [ProductFactory.create(name=f"Lamp {n}", categories=[category]) for n in range(PRODUCTS)]


def _names(query: str) -> list[str]:
    answer: Any = Client().get(f"/api/v1/products/?{query}")
    return [each["name"] for each in answer.json()["results"]]


def _leaf_through(query: str = "") -> list[str]:
    pages = Product.objects.active().count() // SIZE
    return [name for page in range(1, pages + 1) for name in _names(f"{query}page_size={SIZE}&page={page}")]


def _truth() -> list[str]:
    return list(Product.objects.active().order_by("-created_at", "-id").values_list("name", flat=True))


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("query", ["", "category=lamps&"])
def test_every_page_is_right_however_often_it_is_read(query: str) -> None:
    for _ in range(3):
        assert _leaf_through(query) == _truth()


@pytest.mark.usefixtures("catalogue")
def test_a_page_is_found_from_the_one_before(django_assert_num_queries: Any) -> None:
    _leaf_through()
    with django_assert_num_queries(1) as asked:
        names = _names(f"page_size={SIZE}&page=9")

    assert names == _truth()[8 * SIZE : 9 * SIZE]
    assert "LIMIT 4 OFFSET 0" in asked.captured_queries[0]["sql"]


@pytest.mark.parametrize("change", ["hide", "add", "move", "delete"])
def test_what_comes_or_goes_or_moves_is_seen_at_once(catalogue: list[Product], change: str) -> None:
    _leaf_through()
    _leaf_through()
    newest, oldest = catalogue[-1], catalogue[0]
    match change:
        case "hide":
            Product.objects.filter(id=newest.id).update(is_active=False)
        case "add":
            ProductFactory.create_batch(SIZE)
        case "move":
            Product.objects.filter(id=newest.id).update(created_at=oldest.created_at - timedelta(days=1))
        case "delete":
            newest.delete()

    assert _leaf_through() == _truth()[: Product.objects.active().count() // SIZE * SIZE]


def test_the_nearest_before_a_place_is_taken() -> None:
    anchors, then = Anchors(), Marks(1, 1)
    for place in (30, 10, 20):
        anchors.add("list", then, Anchor(place, place * 100))

    assert anchors.before("list", 25) == (Anchor(20, 2_000), then)
    assert anchors.before("list", 10) == (Anchor(10, 1_000), then)
    assert anchors.before("list", 9) is None
    assert anchors.before("other", 25) is None


def test_another_state_begins_anew() -> None:
    anchors = Anchors()
    anchors.add("list", Marks(1, 1), Anchor(10, 1))
    anchors.add("list", Marks(1, 2), Anchor(20, 2))

    assert anchors.before("list", 15) is None
    assert anchors.before("list", 25) == (Anchor(20, 2), Marks(1, 2))
