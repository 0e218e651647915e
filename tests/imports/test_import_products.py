"""What an import creates, updates and leaves alone."""

from decimal import Decimal

import pytest

from common.models import OutboxEvent
from products.models import Category, Product, ProductVariation, StockMovement
from tests.factories.products import ProductFactory
from tests.imports.conftest import LIVOSTYLE, ImportFile, WriteFile, row_versions

FULL_HEADER = (
    "sku,parent_sku,name,slug,description,price,compare_price,cost_price,stock_quantity,low_stock_threshold,weight,"
    "is_active,tax_class,categories,images,image_alt_texts,option_name,option_value,price_adjustment"
)


def test_creates_a_product_with_every_field_and_its_variations(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file(
        FULL_HEADER,
        "TEE-S,TEE,,,,,,,4,,,,,,,,Size,S,-1.50",
        'TEE,,Tee,the-tee,"Soft,\nwarm",19.90,25,8.05,,3,0.2,no,reduced,Clothing > Tops | Season > Summer,,,,,',
        "TEE-M,TEE,,,,,,,5,,,,,,,,Size,M,",
    )

    outcome = import_file(path)

    assert outcome.out == ["3 changed: 3 created, 0 updated, 0 unchanged, 0 refused"]
    assert outcome.status == 0
    product = Product.objects.get(sku="TEE")
    assert (product.name, product.slug, product.description) == ("Tee", "the-tee", "Soft,\nwarm")
    assert (product.price, product.compare_price, product.cost_price) == (
        Decimal("19.90"),
        Decimal("25.00"),
        Decimal("8.05"),
    )
    assert (product.low_stock_threshold, product.weight, product.is_active) == (3, Decimal("0.20"), False)
    assert product.tax_class == "reduced"
    assert product.stock_quantity == 9
    tops = Category.objects.get(slug="tops", parent__slug="clothing", parent__parent=None)
    summer = Category.objects.get(slug="summer", parent__slug="season", parent__parent=None)
    assert set(product.categories.all()) == {tops, summer}
    assert list(product.variations.order_by("sku").values_list("sku", "name", "value", "price_adjustment")) == [
        ("TEE-M", "Size", "M", Decimal("0.00")),
        ("TEE-S", "Size", "S", Decimal("-1.50")),
    ]
    assert set(StockMovement.objects.values_list("variation__sku", "delta", "reason")) == {
        ("TEE-S", 4, "import"),
        ("TEE-M", 5, "import"),
    }


def test_a_new_product_without_a_slug_takes_one_that_is_free(import_file: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="OLD", slug="blue-hat")
    path = write_file("sku,name,price", "A1,Blue Hat,5", "A2,Red Hat,5", "A3,Red Hat,5", "A4,Tree,5", "A5,帽子,5")

    import_file(path)

    slugs = dict(Product.objects.exclude(sku="OLD").values_list("sku", "slug"))
    assert slugs == {"A1": "blue-hat-a1", "A2": "red-hat", "A3": "red-hat-a3", "A4": "tree-a4", "A5": "a5"}


def test_the_same_file_again_writes_nothing_at_all(import_file: ImportFile) -> None:
    import_file(LIVOSTYLE / "products.csv")
    before = row_versions()

    outcome = import_file(LIVOSTYLE / "products.csv")

    assert outcome.out == ["0 changed: 0 created, 0 updated, 10 unchanged, 0 refused"]
    assert outcome.status == 0
    assert row_versions() == before


def test_only_changed_rows_are_written(import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file("sku,name,price,categories", "A,First,5,Hats", "B,Second,6,Hats", "C,Third,7,Hats"))
    before = dict(Product.objects.values_list("sku", "updated_at"))

    outcome = import_file(write_file("sku,name,price,categories", "A,First,5,Hats", "B,Second,6.50,Hats", "C,Third,7,"))

    assert outcome.out == ["2 changed: 0 created, 2 updated, 1 unchanged, 0 refused"]
    after = dict(Product.objects.values_list("sku", "updated_at"))
    assert [sku for sku in after if after[sku] != before[sku]] == ["B"]
    assert Product.objects.get(sku="B").price == Decimal("6.50")
    assert list(Product.objects.get(sku="C").categories.all()) == []


def test_columns_that_are_not_in_the_file_stay_as_they_are(import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file("sku,name,price,cost_price,categories", "A,First,5,2,Hats"))

    import_file(write_file("sku,price", "A,4.95"))

    product = Product.objects.get(sku="A")
    assert (product.name, product.price, product.cost_price) == ("First", Decimal("4.95"), Decimal("2.00"))
    assert [each.name for each in product.categories.all()] == ["Hats"]


def test_a_category_below_another_of_the_same_name_is_not_mistaken_for_it(
    import_file: ImportFile, write_file: WriteFile
) -> None:
    import_file(write_file("sku,name,price,categories", "A,A,1,Men > Shoes", "B,B,1,Women > Shoes", "C,C,1,Shoes"))

    import_file(write_file("sku,categories", "A,Men > Shoes > Boots"))

    by_sku = {product.sku: [each.slug for each in product.categories.all()] for product in Product.objects.all()}
    assert by_sku == {"A": ["boots"], "B": ["women-shoes"], "C": ["shoes"]}
    assert Category.objects.get(slug="boots").parent == Category.objects.get(slug="men-shoes")
    assert Category.objects.count() == 6


@pytest.mark.parametrize(
    ("mode", "line", "names"),
    [
        ("create", "1 changed: 1 created, 0 updated, 0 unchanged, 0 refused, 1 skipped", {"A": "Old", "B": "New"}),
        ("update", "1 changed: 0 created, 1 updated, 0 unchanged, 0 refused, 1 skipped", {"A": "Newer"}),
    ],
)
def test_a_mode_skips_what_is_not_its_business(
    mode: str, line: str, names: dict[str, str], import_file: ImportFile, write_file: WriteFile
) -> None:
    import_file(write_file("sku,name,price", "A,Old,1"))

    outcome = import_file(write_file("sku,name,price", "A,Newer,1", "B,New,1"), "--mode", mode)

    assert outcome.out == [line]
    assert dict(Product.objects.values_list("sku", "name")) == names


def test_a_livostyle_file_is_known_by_its_header(import_file: ImportFile) -> None:
    outcome = import_file(LIVOSTYLE / "products.csv")

    assert outcome.out == ["10 changed: 10 created, 0 updated, 0 unchanged, 0 refused"]
    product = Product.objects.get(slug="openwork-v-neck-slit-cover-up")
    assert (product.sku, product.price, product.stock_quantity) == ("7817153052811", Decimal("28.99"), 10)
    assert {(each.parent and each.parent.name, each.name) for each in product.categories.all()} == {
        ("Swimwear", "Cover Ups"),
        ("Occasion", "Beach & Vacation"),
        ("Style", "Boho"),
    }
    assert Product.objects.get(sku="7825638293643").stock_quantity == 0
    assert not ProductVariation.objects.exists()


def test_a_product_taken_off_the_shop_is_told(import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file("sku,name,price,is_active", "A,A,1,yes", "B,B,1,yes", "C,C,1,no"))

    import_file(write_file("sku,is_active", "A,no", "B,yes", "C,yes"))

    product = Product.objects.get(sku="A")
    event = OutboxEvent.objects.get(name="product.deactivated")
    assert event.resource == f"product:{product.id}"
    assert event.payload == {"product_id": product.id, "slug": "a"}
