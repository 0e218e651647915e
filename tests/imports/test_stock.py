"""Stock in a file opens what is new; it never overwrites what was sold meanwhile."""

import pytest
from django.db import transaction

from products.models import Product, ProductVariation, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.imports.conftest import ImportFile, WriteFile

HEADER = "sku,parent_sku,name,price,stock_quantity,option_name,option_value"


def test_stock_sold_meanwhile_is_not_overwritten(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file(HEADER, "A,,A,5,10,,", "B,,B,5,,,", "B-S,B,,,7,Size,S")
    import_file(path)
    product = Product.objects.get(sku="A")
    variation = ProductVariation.objects.get(sku="B-S")
    with transaction.atomic():
        stock.take(
            demand={StockKey(product.id, None): 3, StockKey(variation.product_id, variation.id): 2}, order_number="SOLD"
        )

    outcome = import_file(path)

    product.refresh_from_db()
    variation.refresh_from_db()
    assert (product.stock_quantity, variation.stock_quantity) == (7, 5)
    assert outcome.out == [
        (
            "0 changed: 0 created, 0 updated, 3 unchanged, 0 refused; "
            "2 state another stock than the shop has, which was left as it is"
        )
    ]
    assert StockMovement.objects.filter(reason="import").count() == 2


def test_a_change_of_price_leaves_the_stock_alone(import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file(HEADER, "A,,A,5,10,,"))

    outcome = import_file(write_file(HEADER, "A,,A,6,99,,"))

    assert outcome.out[0].startswith("1 changed: 0 created, 1 updated, 0 unchanged, 0 refused; 1 state another stock")
    assert Product.objects.values_list("stock_quantity", flat=True).get(sku="A") == 10


def test_a_product_that_gets_variations_gives_up_its_own_stock(import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file(HEADER, "A,,A,5,10,,"))

    import_file(write_file(HEADER, "A-S,A,,,4,Size,S"))

    product = Product.objects.get(sku="A")
    assert product.stock_quantity == 4
    assert list(StockMovement.objects.order_by("id").values_list("variation__sku", "delta", "reason")) == [
        (None, 10, "import"),
        (None, -10, "adjustment"),
        ("A-S", 4, "import"),
    ]


@pytest.mark.parametrize("quantity", ["", "0"])
def test_no_stock_is_no_movement(quantity: str, import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file(HEADER, f"A,,A,5,{quantity},,"))

    assert Product.objects.get(sku="A").stock_quantity == 0
    assert not StockMovement.objects.exists()
