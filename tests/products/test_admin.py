"""The catalogue's admin: pages open, and saving goes through the services."""

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import Settings

from common.models import OutboxEvent
from products.models import Category, Product, ProductImage, ProductVariation, StockMovement
from tests.factories.authentication import UserFactory
from tests.factories.products import CategoryFactory, ProductFactory, ReviewFactory, VariationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db: None, settings: Settings, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def management(prefix: str, initial: int = 0, total: int = 0) -> dict[str, Any]:
    return {f"{prefix}-INITIAL_FORMS": initial, f"{prefix}-TOTAL_FORMS": total}


def product_form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Boot",
        "slug": "boot",
        "description": "Warm.",
        "price": "50.00",
        "is_active": "on",
        "sku": "B-1",
        "low_stock_threshold": "10",
        "tax_class": "",
        **management("images"),
        **management("variations"),
        **management("productcategory_set"),
        **changes,
    }


def upload() -> SimpleUploadedFile:
    packed = io.BytesIO()
    Image.new("RGB", (4, 4)).save(packed, "PNG")
    return SimpleUploadedFile("x.png", packed.getvalue(), "image/png")


@pytest.mark.parametrize(
    "model",
    [
        "product",
        "category",
        "productreview",
        "stockmovement",
        "pastprice",
        "productimage",
        "productvariation",
        "formerslug",
    ],
)
def test_every_list_opens_and_can_be_searched(boss: Client, model: str) -> None:
    product = ProductFactory.create(categories=[CategoryFactory.create(parent=CategoryFactory.create())])
    Product.objects.filter(id=product.id).update(slug="renamed")
    ProductImage.objects.create(product=product, image="products/x.jpg")
    VariationFactory.create()
    ReviewFactory.create(product=product)

    assert boss.get(f"/admin/products/{model}/").status_code == 200
    assert boss.get(f"/admin/products/{model}/", {"q": "boot"}).status_code == 200


@pytest.mark.parametrize(
    "query", ["level=out", "level=low", "level=enough", "is_active__exact=1", "categories__id__exact=1"]
)
def test_products_are_filtered(boss: Client, query: str) -> None:
    ProductFactory.create()

    assert boss.get(f"/admin/products/product/?{query}").status_code == 200


def test_the_product_list_costs_the_same_however_long_it_is(boss: Client) -> None:
    ProductFactory.create(categories=[CategoryFactory.create()])
    with CaptureQueriesContext(connection) as few:
        boss.get("/admin/products/product/")
    for _ in range(4):
        ProductFactory.create(categories=[CategoryFactory.create()])
    with CaptureQueriesContext(connection) as more:
        boss.get("/admin/products/product/")

    assert len(few) == len(more)


def test_the_category_list_is_the_tree(boss: Client) -> None:
    women = CategoryFactory.create(name="Women", slug="women")
    CategoryFactory.create(name="Men", slug="men")
    CategoryFactory.create(name="Dresses", slug="dresses", parent=women)

    page = boss.get("/admin/products/category/").content.decode()

    assert page.index('padding-left: 0px">Men') < page.index('padding-left: 0px">Women')
    assert page.index('padding-left: 0px">Women') < page.index('padding-left: 24px">Dresses')


def test_a_product_is_made_with_its_parts(boss: Client) -> None:
    category = CategoryFactory.create()
    form = product_form(
        **{
            **management("images", total=1),
            "images-0-image": upload(),
            "images-0-is_featured": "on",
            "images-0-order": "1",
            **management("variations", total=1),
            "variations-0-name": "Size",
            "variations-0-value": "41",
            "variations-0-sku": "B-1-41",
            "variations-0-price_adjustment": "2.00",
            "variations-0-is_active": "on",
            **management("productcategory_set", total=1),
            "productcategory_set-0-category": category.id,
        }
    )

    response = boss.post("/admin/products/product/add/", form)

    assert response.status_code == 302, response.content
    product = Product.objects.get()
    assert (product.slug, product.price, product.stock_quantity) == ("boot", Decimal("50.00"), 0)
    assert [str(image.image).startswith("products/") for image in product.images.all()] == [True]
    assert product.variations.get().price_adjustment == 2
    assert list(product.categories.all()) == [category]
    assert boss.get(f"/admin/products/product/{product.id}/change/").status_code == 200


def test_stock_is_not_editable_but_adjusted(boss: Client) -> None:
    product = ProductFactory.create(stock=5)
    url = f"/admin/products/product/{product.id}/change/"

    boss.post(url, product_form(stock_quantity="99"))

    product.refresh_from_db()
    assert (product.name, product.stock_quantity) == ("Boot", 5)
    assert b'name="stock_quantity"' not in boss.get(url).content


def test_the_adjust_dialog_books_a_movement(boss: Client) -> None:
    product = ProductFactory.create(stock=5)
    url = f"/admin/products/product/{product.id}/adjust_stock/"

    shown = boss.get(url)
    boss.post(url, {"_form_submitted": "on", "delta": "-2", "reason": "Broken"})

    product.refresh_from_db()
    assert shown.status_code == 200
    assert product.stock_quantity == 3
    assert StockMovement.objects.get(note="Broken").delta == -2


def test_a_price_that_leaves_a_variation_below_nothing_is_refused(boss: Client) -> None:
    variation = VariationFactory.create(price_adjustment=-5)
    url = f"/admin/products/product/{variation.product_id}/change/"

    response = boss.post(url, product_form(price="4.00"))

    assert response.status_code == 200
    assert b"less than nothing" in response.content


def test_taking_products_off_is_told(boss: Client) -> None:
    product = ProductFactory.create()
    url = "/admin/products/product/"

    boss.post(url, {"action": "deactivate", "_selected_action": [product.id]})
    assert not Product.objects.get().is_active
    assert OutboxEvent.objects.filter(name="product.deactivated").count() == 1
    boss.post(url, {"action": "activate", "_selected_action": [product.id]})
    assert Product.objects.get().is_active


def test_products_variations_and_movements_cannot_be_deleted(boss: Client) -> None:
    variation = VariationFactory.create()
    movement = StockMovement.objects.get()

    for model, pk in (
        ("product", variation.product_id),
        ("productvariation", variation.id),
        ("stockmovement", movement.id),
    ):
        assert boss.post(f"/admin/products/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert ProductVariation.objects.count() == 1


def test_a_category_cannot_be_moved_below_itself(boss: Client) -> None:
    top = CategoryFactory.create(slug="top")
    leaf = CategoryFactory.create(slug="leaf", parent=top)

    form = {"name": "Top", "slug": "top", "description": "", "parent": leaf.id}
    refused = boss.post(f"/admin/products/category/{top.id}/change/", form)
    moved = boss.post(f"/admin/products/category/{leaf.id}/change/", {"name": "Leaf", "slug": "leaf", "parent": ""})

    assert (refused.status_code, b"below itself" in refused.content) == (200, True)
    assert moved.status_code == 302
    assert set(Category.objects.values_list("parent", flat=True)) == {None}


def test_a_categorys_picture_is_made_safe(boss: Client, tmp_path: Path) -> None:
    boss.post("/admin/products/category/add/", {"name": "Shoes", "slug": "shoes", "parent": "", "image": upload()})

    category = Category.objects.get()
    assert str(category.image).startswith("categories/")
    assert (tmp_path / str(category.image)).is_file()


def test_a_picture_by_itself_is_saved_and_removed(boss: Client) -> None:
    product = ProductFactory.create()
    form = {"product": product.id, "image": upload(), "alt_text": "A", "is_featured": "on", "order": "1"}
    for _ in range(2):
        assert boss.post("/admin/products/productimage/add/", {**form, "image": upload()}).status_code == 302

    first, second = ProductImage.objects.order_by("id")
    assert (first.is_featured, second.is_featured) == (False, True)
    boss.post(f"/admin/products/productimage/{first.id}/delete/", {"post": "yes"})
    assert ProductImage.objects.count() == 1


def test_reviews_are_judged_by_actions(boss: Client) -> None:
    review = ReviewFactory.create()

    boss.post("/admin/products/productreview/", {"action": "approve", "_selected_action": [review.id]})
    review.refresh_from_db()
    assert review.is_approved
    boss.post("/admin/products/productreview/", {"action": "reject", "_selected_action": [review.id]})
    review.refresh_from_db()
    assert not review.is_approved
