"""check_integrity's part for the catalogue: clean after real use, and naming each thing that is spoiled by hand."""

import pytest
from django.db import connection

from common.integrity import fix_derived_data, run_checks
from products.models import Product, ProductListing, SearchWord, StockMovement
from products.services import reviews, stock
from products.services.stock import StockKey
from tests.factories.products import CategoryFactory, ProductFactory, ReviewFactory, VariationFactory

pytestmark = pytest.mark.django_db


def breached() -> dict[str, int]:
    results = [each for each in run_checks() if each.name.startswith("products.")]
    assert len(results) == 14
    return {each.name.removeprefix("products."): len(each.breaches) for each in results if each.breaches}


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(autouse=True)
def _used_shop() -> None:
    parent = CategoryFactory.create(slug="parent")
    CategoryFactory.create(slug="child", parent=parent)
    product = ProductFactory.create(slug="own", stock=5, categories=[parent])
    stock.take(demand={StockKey(product.id, None): 2}, order_number="A")
    variation = VariationFactory.create(stock=4)
    stock.adjust(key=StockKey(variation.product_id, variation.id), delta=-1, note="Broken")
    reviews.approve_review(review_id=ReviewFactory.create(product=product).id)


def test_real_use_breaches_nothing() -> None:
    assert breached() == {}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE products_product SET stock_quantity = 9 WHERE slug = 'own'", {"stock_of_products": 1}),
        (
            "UPDATE products_product SET stock_quantity = 9 WHERE slug <> 'own'",
            {"stock_of_products": 1, "sum_of_variations": 1},
        ),
        ("UPDATE products_productlisting SET is_in_stock = NOT is_in_stock", {"listing": 2}),
        ("DELETE FROM products_searchword WHERE word = 'product'", {"search_words": 2}),
        (
            "UPDATE products_productvariation SET stock_quantity = 9",
            {"stock_of_products": 1, "stock_of_variations": 1},
        ),
        ("UPDATE products_productlisting SET rating_count = 7 WHERE rating_count = 1", {"listing": 1}),
        ("DELETE FROM products_productlisting", {"listing": 2}),
        (
            (
                "SET LOCAL session_replication_role = replica;"  # no triggers: they would refuse it
                "UPDATE products_category SET parent_id = (SELECT max(id) FROM products_category) WHERE slug = 'parent'"
            ),
            {"category_cycles": 2},
        ),
        ("UPDATE products_productvariation SET price_adjustment = -99", {"variation_prices": 1}),
    ],
)
def test_what_is_spoiled_is_named(sql: str, expected: dict[str, int]) -> None:
    execute(sql)

    assert breached() == expected


def test_a_movement_of_another_product_is_named() -> None:
    own = Product.objects.get(slug="own")
    StockMovement.objects.filter(variation__isnull=False).update(product=own)

    assert "movements" in breached()


def test_derived_data_is_repaired() -> None:
    ProductListing.objects.filter(product__slug="own").delete()
    ProductListing.objects.update(rating_average=5, rating_count=7, is_in_stock=False)
    SearchWord.objects.update(word="another")

    fix_derived_data()

    assert breached() == {}
    listing = ProductListing.objects.get(product__slug="own")
    assert (listing.rating_count, listing.words) == (1, listing.product.name.lower())
    assert SearchWord.objects.get().word == "product"
