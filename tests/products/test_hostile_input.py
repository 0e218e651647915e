"""Values of the wrong kind in every writable place of the catalogue: a clear 4xx, never a 5xx, nothing written."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import Category, Product, ProductReview, ProductVariation, StockMovement
from tests.factories.products import CategoryFactory, ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

WRONG: list[Any] = [
    None,
    [],
    {},
    [[]],
    {"a": 1},
    "",
    "\x00",
    "x" * 250_000,
    -1,
    10**30,
    1e308,
    "Infinity",
    "NaN",
    "\uff11\uff12",
    "<script>",
    "../../etc/passwd",
    "\ud83d",
]
FIELDS = {
    ("post", "products/"): ["name", "slug", "price", "cost_price", "sku", "stock_quantity", "categories", "is_active"],
    ("patch", "products/boot/"): ["low_stock_threshold", "weight", "tax_class", "compare_price", "id", "listing"],
    ("post", "products/boot/variations/"): ["name", "value", "sku", "price_adjustment", "stock_quantity"],
    ("post", "categories/"): ["name", "slug", "description", "parent"],
    ("post", "products/boot/reviews/"): ["rating", "title", "comment"],
    ("post", "inventory/adjustments/"): ["product", "variation", "delta", "quantity", "expected_quantity", "reason"],
}
GOOD: dict[str, dict[str, Any]] = {
    "products/": {"name": "N", "description": "", "price": "1.00", "sku": "N"},
    "products/boot/": {},
    "products/boot/variations/": {"name": "N", "value": "N", "sku": "N"},
    "categories/": {"name": "N"},
    "products/boot/reviews/": {"rating": 5, "comment": "N"},
    "inventory/adjustments/": {"delta": 1, "reason": "N"},
}
PARAMETERS = {
    "products/": ["q", "category", "min_price", "min_rating", "option", "updated_after", "page"],
    "products/facets/": ["q"],
    "products/suggest/": ["q"],
    "categories/": ["updated_after"],
    "reviews/": ["cursor", "product", "updated_after"],
    "inventory/movements/": ["cursor", "product", "reason"],
}
CASES = [(method, path, field) for (method, path), fields in FIELDS.items() for field in fields]


def counts() -> list[int]:
    return [
        model._default_manager.count() for model in (Category, Product, ProductVariation, ProductReview, StockMovement)
    ]


@pytest.fixture(autouse=True)
def _shop() -> None:
    VariationFactory.create(product=ProductFactory.create(slug="boot", stock=0), stock=0)
    CategoryFactory.create()


@pytest.mark.parametrize(("method", "path", "field"), CASES, ids=[f"{path}{field}" for _, path, field in CASES])
def test_wrong_values_are_refused_or_taken_as_they_are(clerk: APIClient, method: str, path: str, field: str) -> None:
    clerk.raise_request_exception = False
    before = counts()
    for value in WRONG:
        try:
            answer = getattr(clerk, method)(f"/api/v1/{path}", {**GOOD[path], field: value})
        except UnicodeEncodeError:  # no client can send it as JSON either
            continue
        assert answer.status_code < 500, (value, answer.content)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert counts() == before
        else:
            before = counts()


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for path, names in PARAMETERS.items() for name in names],
)
def test_wrong_parameters_never_break_a_list(clerk: APIClient, path: str, name: str) -> None:
    clerk.raise_request_exception = False
    texts = [
        "",
        "-1",
        "1e400",
        "NaN",
        "x" * 3_000,
        "%",
        "'; --",
        "0001-01-01T00:00:00+23:59",
        "\uff19",
        "a:b:c",
        "é",
        "[]",
    ]
    for text in [*texts, "9999-12-31T23:59:59-23:59", "99999999999999999999", "cD0xMjM0", "cD1h"]:
        answer = clerk.get(f"/api/v1/{path}", {name: text})
        assert answer.status_code in {200, 400}, text
        assert answer.status_code == 200 or answer.json()["errors"][0]["field"] == name, text


@pytest.mark.parametrize("header", ["", "*", "garbage", 'W/"1"', '"' * 50, '"a", "b"', "x" * 5_000])
def test_wrong_conditions_never_break(clerk: APIClient, header: str) -> None:
    clerk.raise_request_exception = False

    assert clerk.patch("/api/v1/products/boot/", {}, headers={"If-Match": header}).status_code in {200, 412}
    assert clerk.get("/api/v1/products/boot/", headers={"If-None-Match": header}).status_code in {200, 304}
