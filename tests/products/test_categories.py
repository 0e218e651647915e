"""GET categories/, categories/tree/ and categories/{slug}/."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from products.models import Category
from tests.factories.products import CategoryFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/categories/"


@pytest.fixture
def tree(db: None) -> dict[str, Category]:
    women = CategoryFactory.create(name="Women", slug="women")
    dresses = CategoryFactory.create(name="Dresses", slug="dresses", parent=women)
    return {
        "women": women,
        "dresses": dresses,
        "summer": CategoryFactory.create(name="Summer", slug="summer", parent=dresses),
        "coats": CategoryFactory.create(name="Coats", slug="coats", parent=women),
        "men": CategoryFactory.create(name="Men", slug="men"),
    }


def test_the_list_is_in_the_order_of_names(guest: APIClient, tree: dict[str, Category]) -> None:
    body = guest.get(URL).json()

    assert body["count"] == 5
    assert [each["slug"] for each in body["results"]] == ["coats", "dresses", "men", "summer", "women"]
    coats = tree["coats"]
    assert body["results"][0] == {
        "id": coats.id,
        "name": "Coats",
        "slug": "coats",
        "description": None,
        "parent": tree["women"].id,
        "image": None,
        "created_at": coats.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": coats.updated_at.isoformat().replace("+00:00", "Z"),
    }


def test_the_list_takes_updated_after(guest: APIClient, tree: dict[str, Category]) -> None:
    Category.objects.exclude(slug="men").update(updated_at=datetime(2020, 1, 1, tzinfo=UTC))

    body = guest.get(URL, {"updated_after": "2020-01-01T00:00:00Z"}).json()

    assert [each["slug"] for each in body["results"]] == ["men"]
    assert guest.get(URL, {"updated_after": "x"}).json()["errors"][0]["field"] == "updated_after"
    assert guest.get(URL, {"parent": "1"}).json()["code"] == "unknown_field"


def test_the_tree_is_whole_and_costs_one_statement(guest: APIClient, tree: dict[str, Category]) -> None:
    with CaptureQueriesContext(connection) as statements:
        body = guest.get(f"{URL}tree/").json()

    def node(slug: str, *children: object) -> dict[str, object]:
        category = tree[slug]
        return {"id": category.id, "name": category.name, "slug": slug, "children": list(children)}

    assert body == [node("men"), node("women", node("coats"), node("dresses", node("summer")))]
    assert len(statements) == 1


def test_a_category_knows_the_way_to_it_and_what_is_below(guest: APIClient, tree: dict[str, Category]) -> None:
    dresses = guest.get(f"{URL}dresses/").json()
    summer = guest.get(f"{URL}summer/").json()

    assert [each["slug"] for each in dresses["ancestors"]] == ["women"]
    assert dresses["children"] == [{"id": tree["summer"].id, "name": "Summer", "slug": "summer"}]
    assert [each["slug"] for each in summer["ancestors"]] == ["women", "dresses"]
    assert summer["children"] == []
    assert guest.get(f"{URL}none/").status_code == 404


def test_any_depth_is_shown(guest: APIClient) -> None:
    parent = None
    for level in range(60):
        parent = CategoryFactory.create(slug=f"level-{level}", parent=parent)

    node = guest.get(f"{URL}tree/").json()[0]
    depth = 1
    while node["children"]:
        node, depth = node["children"][0], depth + 1

    assert depth == 60
    assert len(guest.get(f"{URL}level-59/").json()["ancestors"]) == 59


@pytest.mark.parametrize("path", ["", "tree/", "women/"])
def test_answers_are_cacheable_and_told_apart_by_etag(guest: APIClient, tree: dict[str, Category], path: str) -> None:
    answer = guest.get(URL + path)

    again = guest.get(URL + path, headers={"If-None-Match": answer["ETag"]})
    Category.objects.filter(slug="women").update(name="Ladies")
    changed = guest.get(URL + path, headers={"If-None-Match": answer["ETag"]})

    assert answer["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert (again.status_code, changed.status_code) == (304, 200)
