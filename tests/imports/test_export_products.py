"""`export_products`: streams the native format; importing it again changes nothing."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.models import Category, Product, ProductImage, ProductVariation
from products.services import stock
from products.services.stock import StockKey
from tests.factories.products import ProductFactory
from tests.imports.conftest import LIVOSTYLE, ImportFile, row_versions


@pytest.fixture
def awkward_shop(db: None) -> Product:
    """Products whose texts mean something in CSV, in spreadsheets or in the format itself."""
    parent = Category.objects.create(name="A > B | C", slug="a")
    child = Category.objects.create(name="back\\slash", slug="b", parent=parent)
    product = ProductFactory.create(
        sku="=1+1",
        slug="-dash",
        name='@"quoted", semi;colon',
        description="  two\r\nlines ",
        price=Decimal("0.10"),
        compare_price=Decimal("1234567.89"),
        cost_price=Decimal("0.00"),
        weight=Decimal("0.01"),
        tax_class="'-reduced",
        barcode="0012345678905",
        is_active=False,
        stock=0,
    )
    product.categories.add(parent, child)
    ProductImage.objects.create(product=product, image="products/one.png", alt_text="", order=5)
    ProductImage.objects.create(product=product, image="products/a|b.png", alt_text="- B", order=7, is_featured=True)
    variation = ProductVariation.objects.create(
        product=product, name="Size", value="+1", sku="V 1", price_adjustment=Decimal("-0.05"), barcode="0012345678912"
    )
    stock.open_stock(key=StockKey(product.id, variation.id), quantity=3)
    ProductFactory.create(sku="PLAIN", stock=12)
    return product


@pytest.mark.parametrize("options", [(), ("--mode", "update")])
def test_importing_an_export_changes_nothing(
    options: tuple[str, ...], awkward_shop: Product, import_file: ImportFile, tmp_path: Path
) -> None:
    import_file(LIVOSTYLE / "products.csv")
    path = tmp_path / "export.csv"
    call_command("export_products", str(path))
    before = row_versions()

    outcome = import_file(path, *options)

    assert (outcome.out, outcome.err) == (["0 changed: 0 created, 0 updated, 13 unchanged, 0 refused"], [])
    assert row_versions() == before


def test_what_a_spreadsheet_would_run_is_put_in_quotes(awkward_shop: Product) -> None:
    out = io.StringIO()
    call_command("export_products", stdout=out)

    product, variation, plain = csv.DictReader(io.StringIO(out.getvalue(), newline=""))

    assert (product["sku"], product["name"], product["slug"]) == ("'=1+1", '\'@"quoted", semi;colon', "'-dash")
    assert product["tax_class"] == "''-reduced"
    assert product["categories"] == r"A \> B \| C | A \> B \| C > back\\slash"
    assert (product["images"], product["image_alt_texts"]) == (r"products/a\|b.png | products/one.png", "'- B | ")
    assert product["stock_quantity"] == ""
    assert (variation["parent_sku"], variation["option_value"]) == ("'=1+1", "'+1")
    assert (variation["price_adjustment"], variation["stock_quantity"]) == ("-0.05", "3")
    assert (plain["sku"], plain["stock_quantity"], plain["weight"]) == ("PLAIN", "12", "")


def test_an_export_fills_an_empty_shop(import_file: ImportFile, tmp_path: Path) -> None:
    import_file(LIVOSTYLE / "products.csv")
    path = tmp_path / "export.csv"
    call_command("export_products", str(path))
    facts = ("sku", "name", "slug", "description", "price", "stock_quantity")
    before = list(Product.objects.order_by("sku").values_list(*facts))
    Product.objects.all().delete()
    Category.objects.all().update(parent=None)
    Category.objects.all().delete()

    import_file(path)

    assert list(Product.objects.order_by("sku").values_list(*facts)) == before


def test_queries_do_not_grow_with_the_catalogue(import_file: ImportFile) -> None:
    import_file(LIVOSTYLE / "products.csv")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        call_command("export_products", stdout=io.StringIO())

    assert len(queries) == 6
