"""POST categories/, PUT PATCH DELETE categories/{slug}/: staff shape the tree, and it stays a tree."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from common.models import OutboxEvent
from products.models import Category
from products.services import categories as categories_service
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/categories/"


def test_a_category_is_made_below_another(clerk: APIClient) -> None:
    parent = CategoryFactory.create(slug="women")

    response = clerk.post(URL, {"name": "Été & more", "description": "Hot.", "parent": parent.id})

    body = response.json()
    assert response.status_code == 201
    assert (body["slug"], body["description"], body["parent"]) == ("ete-more", "Hot.", parent.id)
    assert [each["slug"] for each in body["ancestors"]] == ["women"]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": "x" * 101}, "name", "max_length"),
        ({"name": "Y", "slug": "taken"}, "slug", "unique"),
        ({"name": "Y", "slug": "tree"}, "slug", "reserved"),
        ({"name": "Y", "parent": 10**9}, "parent", "does_not_exist"),
        ({"name": "Y", "parent": "women"}, "parent", "invalid"),
        ({"name": "Y", "id": 5}, "id", "unknown_field"),
        ({"name": "Y", "children": []}, "children", "unknown_field"),
    ],
)
def test_bad_input_is_refused_by_name(clerk: APIClient, fields: dict[str, Any], field: str, code: str) -> None:
    CategoryFactory.create(slug="taken")

    response = clerk.post(URL, fields)

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert Category.objects.count() == 1


def test_reserved_names_get_another_slug(clerk: APIClient) -> None:
    assert clerk.post(URL, {"name": "Tree"}).json()["slug"] == "tree-2"


def test_a_category_moves_but_never_below_itself(clerk: APIClient) -> None:
    top = CategoryFactory.create(slug="top")
    middle = CategoryFactory.create(slug="middle", parent=top)
    leaf = CategoryFactory.create(slug="leaf", parent=middle)

    for parent in (top, middle, leaf):
        refused = clerk.patch(f"{URL}top/", {"parent": parent.id})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "parent")
    moved = clerk.patch(f"{URL}leaf/", {"parent": top.id})
    freed = clerk.patch(f"{URL}middle/", {"parent": None})

    assert [each["slug"] for each in moved.json()["ancestors"]] == ["top"]
    assert freed.json()["ancestors"] == []


def test_the_tree_has_a_bottom(clerk: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(categories_service, "MOST_LEVELS", 3)
    parent = CategoryFactory.create(parent=CategoryFactory.create(parent=CategoryFactory.create()))
    branch = CategoryFactory.create(slug="branch")
    CategoryFactory.create(parent=branch)

    assert clerk.post(URL, {"name": "Deeper", "parent": parent.id}).json()["errors"][0]["code"] == "too_deep"
    moved = clerk.patch(f"{URL}branch/", {"parent": parent.parent_id})
    assert moved.json()["errors"][0]["code"] == "too_deep"


def test_put_needs_the_name(clerk: APIClient) -> None:
    CategoryFactory.create(slug="shoes", name="Shoes")

    assert clerk.put(f"{URL}shoes/", {"description": "x"}).json()["errors"][0]["field"] == "name"
    assert clerk.put(f"{URL}shoes/", {"name": "Boots"}).json()["name"] == "Boots"


def test_if_match_is_honoured(clerk: APIClient, guest: APIClient) -> None:
    CategoryFactory.create(slug="shoes")
    etag = guest.get(f"{URL}shoes/")["ETag"]

    first = clerk.patch(f"{URL}shoes/", {"name": "A"}, headers={"If-Match": etag})
    second = clerk.patch(f"{URL}shoes/", {"name": "B"}, headers={"If-Match": etag})
    third = clerk.delete(f"{URL}shoes/", headers={"If-Match": first["ETag"]})

    assert [each.status_code for each in (first, second, third)] == [200, 412, 204]


def test_a_category_with_subcategories_is_not_deleted(clerk: APIClient) -> None:
    parent = CategoryFactory.create(slug="women")
    CategoryFactory.create(parent=parent)

    response = clerk.delete(f"{URL}women/")

    assert (response.status_code, response.json()["code"]) == (409, "category_not_empty")
    assert Category.objects.count() == 2


def test_deleting_a_category_keeps_its_products_and_is_told(clerk: APIClient, guest: APIClient) -> None:
    category = CategoryFactory.create(slug="women")
    ProductFactory.create(slug="dress", categories=[category])

    assert clerk.delete(f"{URL}women/").status_code == 204
    assert guest.get("/api/v1/products/dress/").json()["categories"] == []
    event = OutboxEvent.objects.get(name="category.deleted")
    assert event.payload == {"category_id": category.id, "slug": "women"}


def test_only_a_whole_number_is_a_parent(clerk: APIClient) -> None:
    parent = CategoryFactory.create()

    refused = clerk.post(URL, {"name": "Boots", "parent": parent.pk + 0.5})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "parent")
