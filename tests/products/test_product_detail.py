"""GET products/{slug}/: the public and the staff's body, caching, former slugs."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from products.models import Category, Product, ProductImage
from products.services import reviews, stock
from products.services.stock import StockKey
from tests.factories.products import CategoryFactory, ProductFactory, ReviewFactory, VariationFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/"


@pytest.fixture
def boot(db: None) -> Product:
    product = ProductFactory.create(
        slug="boot", name="Boot", sku="B-1", price=Decimal("50.00"), cost_price=Decimal("20.00"), stock=0
    )
    product.categories.add(CategoryFactory.create(name="Shoes", slug="shoes"))
    VariationFactory.create(product=product, value="40", sku="B-1-40", price_adjustment=Decimal("-5.00"), stock=0)
    VariationFactory.create(product=product, value="41", sku="B-1-41", price_adjustment=Decimal("2.50"), stock=3)
    VariationFactory.create(product=product, value="42", sku="B-1-42", is_active=False)
    ProductImage.objects.create(product=product, image="products/side.jpg", order=1)
    ProductImage.objects.create(
        product=product, image="products/front.jpg", order=2, is_featured=True, alt_text="Front"
    )
    return product


def test_the_public_body_is_the_item_and_what_belongs_to_it(guest: APIClient, boot: Product) -> None:
    body = guest.get(URL).json()

    ids = list(boot.variations.order_by("id").values_list("id", flat=True))
    assert set(body) == {
        *("id", "slug", "name", "sku", "price", "compare_price", "currency", "in_stock", "rating_average"),
        *("rating_count", "image", "categories", "created_at", "updated_at", "description", "weight", "images"),
        *("variations", "lowest_price_30_days", "is_discontinued"),
    }
    unmade: dict[str, Any] = {"width": None, "height": None, "renditions": []}
    assert body["image"] == {"url": "/media/products/front.jpg", "alt_text": "Front", **unmade}
    assert body["images"] == [
        {"url": "/media/products/front.jpg", "alt_text": "Front", "is_featured": True, "order": 2, **unmade},
        {"url": "/media/products/side.jpg", "alt_text": "", "is_featured": False, "order": 1, **unmade},
    ]
    never: dict[str, None] = {"lowest_price_30_days": None}
    assert body["variations"] == [
        {"id": ids[0], "name": "Size", "value": "40", "sku": "B-1-40", "price": "45.00", "in_stock": False, **never},
        {"id": ids[1], "name": "Size", "value": "41", "sku": "B-1-41", "price": "52.50", "in_stock": True, **never},
    ]
    assert (body["in_stock"], body["rating_average"], body["weight"]) == (True, "0.00", None)


def test_staff_see_cost_stock_and_every_variation(clerk: APIClient, boot: Product) -> None:
    body = clerk.get(URL).json()

    assert (body["cost_price"], body["stock_quantity"], body["low_stock_threshold"]) == ("20.00", 13, 10)
    assert [(each["value"], each["stock_quantity"], each["is_active"]) for each in body["variations"]] == [
        ("40", 0, True),
        ("41", 3, True),
        ("42", 10, False),
    ]


def test_a_draft_looks_like_nothing_to_all_but_staff(
    guest: APIClient, user_client: APIClient, clerk: APIClient, boot: Product
) -> None:
    Product.objects.update(is_active=False)

    missing = guest.get("/api/v1/products/no-such/").json()
    hidden = guest.get(URL)

    assert hidden.status_code == 404
    assert {**hidden.json(), "request_id": ""} == {**missing, "request_id": ""}
    assert user_client.get(URL).status_code == 404
    assert clerk.get(URL).status_code == 200


def test_a_former_slug_leads_to_the_new_one(guest: APIClient, boot: Product) -> None:
    for slug in ("boots", "winter-boot"):
        Product.objects.filter(id=boot.id).update(slug=slug)

    answers = [guest.get(f"/api/v1/products/{slug}/") for slug in ("boot", "boots")]

    assert [(each.status_code, each["Location"]) for each in answers] == [(301, "/api/v1/products/winter-boot/")] * 2
    Product.objects.update(is_active=False)
    assert guest.get(URL).status_code == 404


def test_a_slug_in_use_wins_over_a_former_one(guest: APIClient, boot: Product) -> None:
    Product.objects.filter(id=boot.id).update(slug="boots")
    ProductFactory.create(slug="boot", name="Another")

    assert guest.get(URL).json()["name"] == "Another"


def test_the_etag_grows_with_all_that_is_shown(guest: APIClient, boot: Product) -> None:
    seen = [guest.get(URL)["ETag"]]

    def changed() -> bool:
        seen.append(guest.get(URL)["ETag"])
        return seen[-1] not in seen[:-1]

    variation = boot.variations.get(value="41")
    Product.objects.filter(id=boot.id).update(price=51)
    assert changed()
    stock.take(demand={StockKey(boot.id, variation.id): 3}, order_number="A")
    assert changed()
    Category.objects.update(name="Footwear")
    assert changed()
    boot.images.all()[0].delete()
    assert changed()
    reviews.approve_review(review_id=ReviewFactory.create(product=boot).id)
    assert changed()
    assert guest.get(URL, headers={"If-None-Match": seen[0]}).status_code == 200
    unchanged = guest.get(URL, headers={"If-None-Match": seen[-1]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_staff_and_public_bodies_have_different_etags(guest: APIClient, clerk: APIClient, boot: Product) -> None:
    public = guest.get(URL)

    assert clerk.get(URL)["ETag"] != public["ETag"]
    assert clerk.get(URL, headers={"If-None-Match": public["ETag"]}).status_code == 200
    assert clerk.get(URL)["Cache-Control"] == "private, no-cache"


def test_one_product_costs_five_statements_where_it_is_not_kept(guest: APIClient, boot: Product) -> None:
    with CaptureQueriesContext(connection) as statements:
        guest.get(URL)

    assert len(statements) == 5
