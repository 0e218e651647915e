"""inventory/: what runs low, the ledger, and corrections of stock."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import StockMovement
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

ADJUST = "/api/v1/inventory/adjustments/"
LOW = "/api/v1/inventory/low-stock/"
MOVEMENTS = "/api/v1/inventory/movements/"


def test_low_stock_names_each_level_at_its_threshold(clerk: APIClient) -> None:
    ProductFactory.create(slug="plenty", stock=11)
    at = ProductFactory.create(slug="at", name="At", sku="AT", stock=10)
    varied = ProductFactory.create(slug="varied", stock=0, low_stock_threshold=2)
    low = VariationFactory.create(product=varied, value="S", stock=2)
    VariationFactory.create(product=varied, value="M", stock=3)
    VariationFactory.create(product=varied, value="L", stock=0, is_active=False)
    ProductFactory.create(slug="draft", stock=0, is_active=False)

    body = clerk.get(LOW).json()

    assert body["count"] == 2
    assert [(each["product"]["slug"], each["stock_quantity"]) for each in body["results"]] == [
        ("varied", 2),
        ("at", 10),
    ]
    assert body["results"][0]["variation"] == {"id": low.id, "name": "Size", "value": "S"}
    assert body["results"][1] == {
        "product": {"id": at.id, "slug": "at", "name": "At"},
        "variation": None,
        "sku": "AT",
        "stock_quantity": 10,
        "low_stock_threshold": 10,
    }


def test_a_correction_by_delta_is_booked(clerk: APIClient) -> None:
    product = ProductFactory.create(stock=5)

    response = clerk.post(ADJUST, {"product": product.id, "delta": -2, "reason": "Broken"})

    assert response.status_code == 201
    assert response.json() == {"product": product.id, "variation": None, "stock_quantity": 3}
    row = clerk.get(MOVEMENTS).json()["results"][0]
    assert (row["delta"], row["reason"], row["note"]) == (-2, "adjustment", "Broken")
    assert row["actor"].endswith("@example.com")


def test_a_correction_by_count_needs_the_level_that_was_seen(clerk: APIClient) -> None:
    variation = VariationFactory.create(stock=5)

    good = clerk.post(ADJUST, {"variation": variation.id, "quantity": 9, "expected_quantity": 5, "reason": "Counted"})
    late = clerk.post(ADJUST, {"variation": variation.id, "quantity": 1, "expected_quantity": 5, "reason": "Counted"})

    assert good.json()["stock_quantity"] == 9
    assert (late.status_code, late.json()["code"], late.json()["quantity"]) == (409, "stock_changed", 9)
    variation.refresh_from_db()
    assert variation.stock_quantity == 9


def test_stock_never_falls_below_nothing(clerk: APIClient) -> None:
    product = ProductFactory.create(stock=1)

    response = clerk.post(ADJUST, {"product": product.id, "delta": -2, "reason": "Lost"})

    assert (response.status_code, response.json()["code"]) == (409, "out_of_stock")
    product.refresh_from_db()
    assert product.stock_quantity == 1


def test_a_product_with_variations_is_corrected_by_variation(clerk: APIClient) -> None:
    variation = VariationFactory.create(stock=1)

    response = clerk.post(ADJUST, {"product": variation.product_id, "delta": 2, "reason": "Found"})

    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "variation_required")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": None}, "product"),
        ({"product": 10**9}, "product"),
        ({"product": "x"}, "product"),
        ({"delta": None}, "delta"),
        ({"delta": "1.5"}, "delta"),
        ({"delta": 10**12}, "delta"),
        ({"quantity": 5}, "delta"),
        ({"delta": None, "quantity": 5}, "expected_quantity"),
        ({"delta": None, "quantity": -1, "expected_quantity": 0}, "quantity"),
        ({"reason": None}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 256}, "reason"),
        ({"stock_quantity": 5}, "stock_quantity"),
    ],
)
def test_bad_input_is_refused_by_name(clerk: APIClient, changes: dict[str, Any], field: str) -> None:
    product = ProductFactory.create(stock=0)
    body = {"product": product.id, "delta": 1, "reason": "Found", **changes}

    response = clerk.post(ADJUST, {key: value for key, value in body.items() if value is not None})

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert StockMovement.objects.count() == 0


def test_a_variation_must_be_of_the_product(clerk: APIClient) -> None:
    variation, other = VariationFactory.create(stock=0), ProductFactory.create(stock=0)

    response = clerk.post(ADJUST, {"product": other.id, "variation": variation.id, "delta": 1, "reason": "Found"})

    assert response.json()["errors"][0]["field"] == "variation"


def test_movements_page_by_cursor_and_are_filtered(clerk: APIClient) -> None:
    first, second = ProductFactory.create(stock=1), ProductFactory.create(stock=2)
    clerk.post(ADJUST, {"product": first.id, "delta": 4, "reason": "Found"})

    def deltas(**params: Any) -> list[int]:
        return [each["delta"] for each in clerk.get(MOVEMENTS, params).json()["results"]]

    assert deltas() == [4, 2, 1]
    assert deltas(product=first.id) == [4, 1]
    assert deltas(reason="opening", product=second.id) == [2]
    assert clerk.get(MOVEMENTS, {"reason": "magic"}).json()["errors"][0]["field"] == "reason"
    page = clerk.get(MOVEMENTS, {"page_size": 2}).json()
    assert [each["delta"] for each in clerk.get(page["next"]).json()["results"]] == [1]


@pytest.mark.parametrize("varied", [False, True])
def test_a_level_never_outgrows_its_column(clerk: APIClient, varied: bool) -> None:
    product = ProductFactory.create(stock=0 if varied else 1_500_000_000)
    if varied:
        VariationFactory.create(product=product, value="S", stock=1_500_000_000)
    target = {"variation": VariationFactory.create(product=product).pk} if varied else {"product": product.pk}

    refused = clerk.post(ADJUST, {**target, "delta": 500_000_001, "reason": "count"})

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_many_units")
    assert StockMovement.objects.filter(note="count").count() == 0


@pytest.mark.parametrize("product", [1.5, "1.5", True])
def test_only_a_whole_number_is_an_id(clerk: APIClient, product: Any) -> None:
    ProductFactory.create(id=1)

    assert (
        clerk.post(ADJUST, {"product": product, "delta": 1, "reason": "count"}).json()["errors"][0]["field"]
        == "product"
    )
