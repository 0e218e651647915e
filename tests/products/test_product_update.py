"""PUT and PATCH products/{slug}/: staff change a product, on condition if they say so."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from common.models import OutboxEvent
from products.models import Product
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/"


@pytest.fixture(autouse=True)
def boot(db: None) -> Product:
    return ProductFactory.create(slug="boot", name="Boot", sku="B-1", price=Decimal("50.00"), weight=2)


def test_patch_changes_what_it_names(clerk: APIClient, boot: Product) -> None:
    before = boot.updated_at
    category = CategoryFactory.create()

    body = clerk.patch(URL, {"price": "45.00", "categories": [category.id]}).json()

    boot.refresh_from_db()
    assert (body["price"], body["name"], body["weight"]) == ("45.00", "Boot", "2.00")
    assert [each["id"] for each in body["categories"]] == [category.id]
    assert boot.updated_at > before


def test_put_needs_the_whole_and_keeps_what_may_be_left_out(clerk: APIClient) -> None:
    short = clerk.put(URL, {"name": "Boots"})
    whole = clerk.put(URL, {"name": "Boots", "description": "", "price": "1.00", "sku": "B-1"})

    assert {error["field"] for error in short.json()["errors"]} == {"description", "price", "sku"}
    assert (whole.status_code, whole.json()["name"], whole.json()["weight"]) == (200, "Boots", "2.00")


def test_stock_changes_by_adjustment_only(clerk: APIClient, boot: Product) -> None:
    response = clerk.patch(URL, {"stock_quantity": 99})

    assert response.json()["code"] == "unknown_field"
    boot.refresh_from_db()
    assert boot.stock_quantity == 10


@pytest.mark.parametrize("changes", [{"sku": "OTHER"}, {"slug": "other"}, {"slug": "suggest"}, {"price": "-1"}])
def test_what_is_taken_or_wrong_is_refused(clerk: APIClient, changes: dict[str, Any]) -> None:
    ProductFactory.create(slug="other", sku="OTHER")

    response = clerk.patch(URL, changes)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == list(changes)


def test_no_variation_may_come_to_cost_less_than_nothing(clerk: APIClient, boot: Product) -> None:
    VariationFactory.create(product=boot, price_adjustment=Decimal("-20.00"))

    assert clerk.patch(URL, {"price": "19.99"}).json()["errors"][0]["code"] == "negative_variation_price"
    assert clerk.patch(URL, {"price": "20.00"}).status_code == 200


def test_taking_it_off_the_shop_is_told(clerk: APIClient, boot: Product) -> None:
    clerk.patch(URL, {"is_active": False})
    clerk.patch(URL, {"is_active": False})

    event = OutboxEvent.objects.get(name="product.deactivated")
    assert (event.resource, event.payload) == (f"product:{boot.id}", {"product_id": boot.id, "slug": "boot"})


@pytest.mark.parametrize("reader", ["guest", "clerk"])
def test_if_match_takes_the_etag_of_either_body_once(
    reader: str, clerk: APIClient, request: pytest.FixtureRequest
) -> None:
    etag = request.getfixturevalue(reader).get(URL)["ETag"]

    first = clerk.patch(URL, {"price": "1.00"}, headers={"If-Match": etag})
    second = clerk.patch(URL, {"price": "2.00"}, headers={"If-Match": etag})
    third = clerk.patch(URL, {"price": "3.00"}, headers={"If-Match": first["ETag"]})

    assert [each.status_code for each in (first, second, third)] == [200, 412, 200]
    assert second.json()["code"] == "precondition_failed"
    assert Product.objects.get().price == Decimal("3.00")


def test_if_match_can_be_required(clerk: APIClient, settings: Settings) -> None:
    settings.REQUIRE_IF_MATCH = True

    without = clerk.patch(URL, {"price": "1.00"})
    with_any = clerk.patch(URL, {"price": "1.00"}, headers={"If-Match": "*"})

    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    assert with_any.status_code == 200


def test_a_product_that_is_not_there_is_not_found(clerk: APIClient) -> None:
    assert clerk.patch("/api/v1/products/none/", {"price": "1.00"}).status_code == 404
