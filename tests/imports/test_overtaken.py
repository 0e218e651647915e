"""Somebody makes a product or variation of the same SKU between the checks of an import and its inserts."""

from collections.abc import Callable

import pytest

from products.imports import creating, merging
from products.models import Product, ProductCategory, ProductVariation, StockMovement
from tests.factories.products import ProductFactory, VariationFactory
from tests.imports.conftest import ImportFile, WriteFile

HEADER = "sku,parent_sku,name,price,stock_quantity,categories,option_name,option_value"
FILE = (HEADER, "T,,Tee,10.00,,Tops,,", "T-M,T,,,4,,Size,M", "L,,Lamp,20.00,3,Light,,")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    def plan(make: Callable[[], object]) -> None:
        def take_keys() -> None:
            make()
            creating.take_keys()

        monkeypatch.setattr(merging, "take_keys", take_keys)

    return plan


def test_a_product_with_all_that_was_inserted_for_it(
    meanwhile: Callable[[Callable[[], object]], None], import_file: ImportFile, write_file: WriteFile
) -> None:
    meanwhile(lambda: ProductFactory.create(sku="T", name="Theirs", stock_quantity=0))

    told = import_file(write_file(*FILE))

    assert told.status == 2
    assert [line.rpartition("[")[2] for line in told.err] == ["made_meanwhile]", "made_meanwhile]"]
    assert told.out == ["1 changed: 1 created, 0 updated, 0 unchanged, 2 refused"]
    assert set(Product.objects.values_list("sku", "name")) == {("T", "Theirs"), ("L", "Lamp")}
    assert not ProductVariation.objects.exists()
    assert list(ProductCategory.objects.values_list("product__sku", flat=True)) == ["L"]
    opened = StockMovement.objects.filter(reason=StockMovement.Reason.IMPORT)
    assert list(opened.values_list("product__sku", "delta")) == [("L", 3)]


def test_a_variation(
    meanwhile: Callable[[Callable[[], object]], None], import_file: ImportFile, write_file: WriteFile
) -> None:
    meanwhile(lambda: VariationFactory.create(sku="T-M", stock_quantity=0))

    told = import_file(write_file(*FILE))

    assert [line.split(",")[0] for line in told.err] == ["line 3"]
    assert set(Product.objects.filter(sku__in="TL").values_list("sku", "stock_quantity")) == {("T", 0), ("L", 3)}
    assert not ProductVariation.objects.filter(product__sku="T").exists()
