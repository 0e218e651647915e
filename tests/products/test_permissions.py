"""Every write and staff read of the catalogue, against guests, customers, staff without and with the permission."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern
from rest_framework.test import APIClient

from products.api.urls import urlpatterns
from products.models import Category, Product, ProductReview, ProductVariation, StockMovement
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.products import CategoryFactory, ProductFactory, ReviewFactory, VariationFactory

pytestmark = pytest.mark.django_db

PRODUCT = {"name": "New", "description": "", "price": "1.00", "sku": "NEW"}

# route name, method, permission, body, status for whom holds the permission
STAFF_ONLY: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("categories", "post", "add_category", {"name": "New"}, 201),
    ("category", "put", "change_category", {"name": "New"}, 200),
    ("category", "patch", "change_category", {"name": "New"}, 200),
    ("category", "delete", "delete_category", {}, 204),
    ("products", "post", "add_product", PRODUCT, 201),
    ("product", "put", "change_product", {**PRODUCT, "sku": "B"}, 200),
    ("product", "patch", "change_product", {"name": "New"}, 200),
    ("product", "delete", "delete_product", {}, 204),
    ("product-images", "get", "view_productimage", {}, 200),
    ("product-images", "post", "add_productimage", {}, 415),
    ("product-image", "patch", "change_productimage", {}, 404),
    ("product-image", "delete", "delete_productimage", {}, 404),
    ("product-variations", "get", "view_productvariation", {}, 200),
    ("product-variations", "post", "add_productvariation", {"name": "Size", "value": "N", "sku": "N"}, 201),
    ("product-variation", "patch", "change_productvariation", {"value": "New"}, 200),
    ("product-variation", "delete", "delete_productvariation", {}, 204),
    ("reviews", "get", "view_productreview", {}, 200),
    ("review-approve", "post", "change_productreview", {}, 200),
    ("review-reject", "post", "change_productreview", {}, 200),
    ("low-stock", "get", "view_product", {}, 200),
    ("stock-movements", "get", "view_stockmovement", {}, 200),
    ("stock-adjustments", "post", "add_stockmovement", {"delta": 1, "reason": "Found"}, 201),
]
PUBLIC = {
    ("categories", "get"),
    ("category-tree", "get"),
    ("category", "get"),
    ("products", "get"),
    ("product-facets", "get"),
    ("product-suggestions", "get"),
    ("product", "get"),
    ("product-reviews", "get"),
    ("product-reviews", "post"),
}
IDS = [f"{method} {name}" for name, method, *_ in STAFF_ONLY]


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    CategoryFactory.create(slug="shoes")
    variation = VariationFactory.create(product=ProductFactory.create(slug="boot", sku="B", stock=0), stock=0)
    review = ReviewFactory.create(product=variation.product)
    return {
        "categories": "categories/",
        "category": "categories/shoes/",
        "products": "products/",
        "product": "products/boot/",
        "product-images": "products/boot/images/",
        "product-image": "products/boot/images/999/",
        "product-variations": "products/boot/variations/",
        "product-variation": f"products/boot/variations/{variation.id}/",
        "reviews": "reviews/",
        "review-approve": f"reviews/{review.id}/approve/",
        "review-reject": f"reviews/{review.id}/reject/",
        "low-stock": "inventory/low-stock/",
        "stock-movements": "inventory/movements/",
        "stock-adjustments": "inventory/adjustments/",
        "variation": str(variation.id),
    }


def everything() -> list[Any]:
    models = (Category, Product, ProductVariation, ProductReview, StockMovement)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def send(client: APIClient, addresses: dict[str, str], name: str, method: str, body: dict[str, Any]) -> int:
    if name == "stock-adjustments":
        body = {**body, "variation": addresses["variation"]}
    data = None if method == "get" else body
    return int(getattr(client, method)(f"/api/v1/{addresses[name]}", data).status_code)


@pytest.mark.parametrize(("name", "method", "permission", "body", "status"), STAFF_ONLY, ids=IDS)
def test_only_staff_with_the_permission_may(
    addresses: dict[str, str],
    guest: APIClient,
    user_client: APIClient,
    client_for: ApiClientFor,
    name: str,
    method: str,
    permission: str,
    body: dict[str, Any],
    status: int,
) -> None:
    others = sorted({f"products.{row[2]}" for row in STAFF_ONLY} - {f"products.{permission}"})
    before = everything()

    refused = [
        send(client, addresses, name, method, body) for client in (guest, user_client, client_for(staff_user(*others)))
    ]

    assert refused == [401, 403, 403]
    assert everything() == before
    assert send(client_for(staff_user(f"products.{permission}")), addresses, name, method, body) == status


def test_a_permission_without_being_api_staff_is_not_enough(
    addresses: dict[str, str], client_for: ApiClientFor
) -> None:
    user = staff_user("products.change_product")
    user.is_staff_member = False
    user.save()

    assert client_for(user).patch("/api/v1/products/boot/", {"name": "x"}).status_code == 403


def routes() -> Iterator[tuple[str, str]]:
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        actions: dict[str, str] = getattr(pattern.callback, "actions")  # noqa: B009 - which ViewSets add
        for method in actions:
            if method != "head":
                yield str(pattern.name), method


def test_every_route_is_in_the_table() -> None:
    assert set(routes()) == PUBLIC | {(name, method) for name, method, *_ in STAFF_ONLY}
