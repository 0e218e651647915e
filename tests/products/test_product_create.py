"""POST products/: staff add a product with its opening stock."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import Product, StockMovement
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/"
BODY = {"name": "Winter boot", "description": "Warm.", "price": "79.90", "sku": "WB-1"}


def post(client: APIClient, **changes: Any) -> Any:
    return client.post(URL, {key: value for key, value in {**BODY, **changes}.items() if value is not None})


def test_a_product_is_made_with_its_opening_stock_as_a_movement(clerk: APIClient, guest: APIClient) -> None:
    category = CategoryFactory.create(name="Shoes", slug="shoes")

    response = post(
        clerk,
        stock_quantity=7,
        compare_price="99.00",
        cost_price="30.00",
        low_stock_threshold=3,
        weight="1.25",
        categories=[category.id],
        tax_class="reduced",
    )

    body = response.json()
    assert response.status_code == 201
    assert (body["slug"], body["price"], body["compare_price"], body["weight"]) == (
        "winter-boot",
        "79.90",
        "99.00",
        "1.25",
    )
    assert (body["cost_price"], body["stock_quantity"], body["low_stock_threshold"]) == ("30.00", 7, 3)
    assert (body["is_active"], body["in_stock"], body["tax_class"]) == (True, True, "reduced")
    assert body["categories"] == [{"id": category.id, "name": "Shoes", "slug": "shoes"}]
    movement = StockMovement.objects.get()
    assert (movement.product_id, movement.delta, movement.reason) == (body["id"], 7, "opening")
    assert movement.actor is not None
    assert response["ETag"] == clerk.get(f"{URL}winter-boot/")["ETag"]
    assert guest.get(f"{URL}winter-boot/").status_code == 200


def test_slugs_are_made_from_the_name_and_never_clash(clerk: APIClient) -> None:
    slugs = [
        post(clerk, sku=f"S-{index}", name=name).json()["slug"]
        for index, name in enumerate(("Café table", "Cafe Table", "Cafe table", "Tree", "!!!"))
    ]

    assert slugs == ["cafe-table", "cafe-table-2", "cafe-table-3", "tree-2", "product"]


def test_a_draft_is_not_offered(clerk: APIClient, guest: APIClient) -> None:
    post(clerk, is_active=False, slug="draft")

    assert guest.get(f"{URL}draft/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "blank"),
        ("name", "x" * 256, "max_length"),
        ("name", "a\x00b", "null_characters_not_allowed"),
        ("name", None, "required"),
        ("price", "-0.01", "min_value"),
        ("price", "1.999", "max_decimal_places"),
        ("price", "1e12", "max_digits"),
        ("price", "NaN", "invalid"),
        ("price", {"amount": 1}, "invalid"),
        ("sku", None, "required"),
        ("sku", "TAKEN", "unique"),
        ("slug", "taken", "unique"),
        ("slug", "facets", "reserved"),
        ("slug", "not a slug", "invalid"),
        ("stock_quantity", -1, "min_value"),
        ("stock_quantity", 1.5, "invalid"),
        ("stock_quantity", 10**12, "max_value"),
        ("low_stock_threshold", -1, "min_value"),
        ("cost_price", "-1", "min_value"),
        ("weight", "-1", "min_value"),
        ("categories", [10**6], "does_not_exist"),
        ("is_active", "perhaps", "invalid"),
        ("rating_average", "5.00", "unknown_field"),
        ("created_at", "2020-01-01T00:00:00Z", "unknown_field"),
        ("colour", "red", "unknown_field"),
    ],
)
def test_bad_input_is_refused_by_name_and_makes_nothing(clerk: APIClient, field: str, value: Any, code: str) -> None:
    ProductFactory.create(sku="TAKEN", slug="taken", stock=0)

    response = post(clerk, **{field: value})

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert Product.objects.count() == 1
    assert StockMovement.objects.count() == 0


def test_what_is_not_an_object_is_refused(clerk: APIClient) -> None:
    assert clerk.post(URL, ["not", "an", "object"]).status_code == 400
    assert clerk.post(URL, "{", content_type="application/json").json()["code"] == "malformed_json"


def test_a_repeat_with_the_same_key_makes_one_product(clerk: APIClient) -> None:
    answers = [clerk.post(URL, BODY, headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Product.objects.count() == 1
