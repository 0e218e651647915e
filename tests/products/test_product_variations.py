"""products/{slug}/variations/: staff add, change and take off variations."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from products.errors import OutOfStock
from products.models import Product, ProductVariation, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/variations/"
BODY = {"name": "Size", "value": "41", "sku": "B-1-41"}


@pytest.fixture(autouse=True)
def boot(db: None) -> Product:
    return ProductFactory.create(slug="boot", sku="B-1", price=Decimal("50.00"), stock=0)


def movements(product: Product) -> list[tuple[int | None, int, str]]:
    rows = StockMovement.objects.filter(product=product).order_by("id")
    return [(row.variation_id, row.delta, row.reason) for row in rows]


def test_a_variation_is_made_with_its_opening_stock(clerk: APIClient, boot: Product) -> None:
    response = clerk.post(URL, {**BODY, "barcode": "4006381333931", "price_adjustment": "-2.50", "stock_quantity": 5})

    body = response.json()
    assert response.status_code == 201
    assert body == {
        "id": body["id"],
        "name": "Size",
        "value": "41",
        "sku": "B-1-41",
        "price": "47.50",
        "in_stock": True,
        "price_adjustment": "-2.50",
        "currency": "USD",
        "stock_quantity": 5,
        "is_active": True,
        "barcode": "4006381333931",
    }
    boot.refresh_from_db()
    assert boot.stock_quantity == 5
    assert movements(boot) == [(body["id"], 5, "opening")]


def test_the_first_variation_ends_the_products_own_stock(clerk: APIClient, boot: Product) -> None:
    stock.open_stock(key=StockKey(boot.id, None), quantity=8)

    first = clerk.post(URL, {**BODY, "stock_quantity": 3}).json()["id"]
    second = clerk.post(URL, {**BODY, "value": "42", "sku": "B-1-42", "stock_quantity": 4}).json()["id"]

    boot.refresh_from_db()
    assert boot.stock_quantity == 7
    assert movements(boot) == [
        (None, 8, "opening"),
        (None, -8, "adjustment"),
        (first, 3, "opening"),
        (second, 4, "opening"),
    ]


def test_a_product_with_variations_has_no_stock_of_its_own_to_sell(boot: Product) -> None:
    VariationFactory.create(product=boot, stock=5)

    with pytest.raises(OutOfStock):
        stock.take(demand={StockKey(boot.id, None): 1}, order_number="A")


def test_units_given_back_to_a_product_that_has_variations_by_now_are_noted(boot: Product) -> None:
    stock.open_stock(key=StockKey(boot.id, None), quantity=2)
    stock.take(demand={StockKey(boot.id, None): 2}, order_number="A")
    VariationFactory.create(product=boot, stock=5)

    stock.give_back(units={StockKey(boot.id, None): 2}, order_number="A", reason=StockMovement.Reason.CANCELLATION)

    boot.refresh_from_db()
    assert boot.stock_quantity == 5
    assert movements(boot)[-2:] == [(None, 2, "cancellation"), (None, -2, "adjustment")]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "blank"),
        ({"sku": "TAKEN"}, "sku", "unique"),
        ({"value": "40"}, "value", "unique"),
        ({"price_adjustment": "-50.01"}, "price_adjustment", "price_out_of_range"),
        ({"price_adjustment": "99999999.99"}, "price_adjustment", "price_out_of_range"),
        ({"stock_quantity": -1}, "stock_quantity", "min_value"),
        ({"price": "1.00"}, "price", "unknown_field"),
    ],
)
def test_bad_input_is_refused_by_name(
    clerk: APIClient, boot: Product, changes: dict[str, Any], field: str, code: str
) -> None:
    VariationFactory.create(product=boot, name="Size", value="40", sku="TAKEN", stock=0)

    response = clerk.post(URL, {**BODY, **changes})

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]
    assert ProductVariation.objects.count() == 1


def test_a_variation_is_changed_but_not_its_stock(clerk: APIClient, boot: Product) -> None:
    variation = VariationFactory.create(product=boot, price_adjustment=3, stock=5)

    changed = clerk.patch(f"{URL}{variation.id}/", {"value": "XL"})
    refused = clerk.patch(f"{URL}{variation.id}/", {"stock_quantity": 9})

    assert (changed.json()["value"], changed.json()["price"]) == ("XL", "53.00")
    assert refused.json()["code"] == "unknown_field"


def test_a_deleted_variation_is_deactivated_and_can_come_back(
    clerk: APIClient, guest: APIClient, boot: Product
) -> None:
    variation = VariationFactory.create(product=boot, stock=5)

    assert clerk.delete(f"{URL}{variation.id}/").status_code == 204
    gone = guest.get("/api/v1/products/boot/").json()
    clerk.patch(f"{URL}{variation.id}/", {"is_active": True})
    back = guest.get("/api/v1/products/boot/").json()

    assert (gone["variations"], gone["in_stock"]) == ([], False)
    assert ([each["id"] for each in back["variations"]], back["in_stock"]) == ([variation.id], True)


def test_a_variation_of_another_product_is_not_found(clerk: APIClient) -> None:
    other = VariationFactory.create()

    assert clerk.patch(f"{URL}{other.id}/", {"value": "x"}).status_code == 404
    assert clerk.delete(f"{URL}{other.id}/").status_code == 404
    assert clerk.delete(f"{URL}{10**20}/").status_code == 404


def test_if_match_names_the_product(clerk: APIClient, boot: Product) -> None:
    etag = clerk.get("/api/v1/products/boot/")["ETag"]

    first = clerk.post(URL, BODY, headers={"If-Match": etag})
    second = clerk.post(URL, {**BODY, "value": "42", "sku": "B-1-42"}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (201, 412)


def test_the_list_is_for_staff(clerk: APIClient, guest: APIClient, boot: Product) -> None:
    variation = VariationFactory.create(product=boot, is_active=False)

    assert [each["id"] for each in clerk.get(URL).json()] == [variation.id]
    assert guest.get(URL).status_code == 401
