"""WooCommerce's product export: what its rows become, and why some do not."""

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from products.models import Product, ProductImage, ProductVariation
from tests.imports.conftest import ImportFile, WriteFile, row_versions

COLUMNS = (
    'ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Is featured?,Visibility in catalog,Short description,'
    "Description,Date sale price starts,Date sale price ends,Tax status,Tax class,In stock?,Stock,Low stock amount,"
    "Backorders allowed?,Weight (kg),Length (cm),Sale price,Regular price,Categories,Tags,Images,Parent,"
    "Grouped products,External URL,Position,Brands,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,"
    "Attribute 1 global,Attribute 2 name,Attribute 2 value(s),Meta: _yoast,Swatches,Swatches,Cost of goods"
)
NAMES = next(csv.reader([COLUMNS]))
HAT = {"ID": "1", "Type": "simple", "SKU": "HAT", "Name": "Hat", "Published": "1", "Regular price": "5"}
TEE = {
    "ID": "10",
    "Type": "variable",
    "SKU": "TEE",
    "Name": "Tee",
    "Published": "1",
    "Attribute 1 name": "Size",
    "Attribute 1 value(s)": "S, M",
    "Attribute 2 name": "Wash",
    "Attribute 2 value(s)": "30°, 60°",
}
SMALL = {
    "ID": "11",
    "Type": "variation",
    "SKU": "TEE-S",
    "Name": "Tee - S",
    "Published": "1",
    "Parent": "TEE",
    "Regular price": "20",
    "Attribute 1 name": "Size",
    "Attribute 1 value(s)": "S",
}
MIDDLE = {**SMALL, "ID": "12", "SKU": "TEE-M", "Regular price": "21.50", "Attribute 1 value(s)": "M"}

Export = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    def write(*rows: dict[str, str], columns: list[str] = NAMES, encoding: str = "utf-8", delimiter: str = ",") -> Path:
        path = tmp_path / "wc-product-export.csv"
        with path.open("w", encoding=encoding, newline="") as out:
            writer = csv.writer(out, delimiter=delimiter)
            writer.writerow(columns)
            writer.writerows([row.get(column, "") for column in columns] for row in rows)
        return path

    return write


def _variations() -> list[tuple[str, str, str, Decimal]]:
    rows = ProductVariation.objects.order_by("id")
    return list(rows.values_list("sku", "name", "value", "price_adjustment"))


def _stocks() -> dict[str, int]:
    return dict(ProductVariation.objects.values_list("sku", "stock_quantity"))


def test_a_simple_product(import_file: ImportFile, export: Export) -> None:
    path = export(
        {
            **HAT,
            "Type": "simple, downloadable, virtual",
            "Name": "Salt &amp; Pepper &#8211; Set",
            "Short description": "Short",
            "Description": r"<p>One</p>\nTwo\\nthree",
            "Tax class": "reduced-rate",
            "In stock?": "1",
            "Stock": "8",
            "Low stock amount": "3",
            "Weight (kg)": ".125",
            "Sale price": "4.50",
            "Categories": "Home > Salt\\, Pepper &amp; Co, Gifts",
            "Images": "https://shop.example/salt.jpg",
            "Meta: _yoast": "whatever",
            "Cost of goods": "2",
            "GTIN, UPC, EAN, or ISBN": "4006381333931",
        }
    )

    outcome = import_file(path)

    assert outcome.out == ["1 changed: 1 created, 0 updated, 0 unchanged, 0 refused"]
    product = Product.objects.get()
    assert product.barcode == "4006381333931"
    assert (product.sku, product.name, product.slug) == ("HAT", "Salt & Pepper – Set", "salt-pepper-set")
    assert product.description == "One\n\nTwo\\nthree"
    assert (product.price, product.compare_price, product.cost_price) == (
        Decimal("4.50"),
        Decimal("5.00"),
        Decimal("2.00"),
    )
    assert (product.tax_class, product.weight, product.is_active) == ("reduced-rate", Decimal("0.13"), True)
    assert (product.stock_quantity, product.low_stock_threshold) == (8, 3)
    places = {(each.parent and each.parent.name, each.name) for each in product.categories.all()}
    assert places == {("Home", "Salt, Pepper & Co"), (None, "Gifts")}
    assert not ProductImage.objects.exists()


def test_a_variable_product_and_its_variations_anywhere_in_the_file(import_file: ImportFile, export: Export) -> None:
    first = import_file(export(MIDDLE, HAT, TEE, {**SMALL, "Sale price": "19"}))
    before = row_versions()
    again = import_file(export(MIDDLE, HAT, TEE, {**SMALL, "Sale price": "19"}))

    assert first.out == ["4 changed: 4 created, 0 updated, 0 unchanged, 0 refused"]
    product = Product.objects.get(sku="TEE")
    assert (product.name, product.price, product.compare_price) == ("Tee", Decimal("19.00"), Decimal("20.00"))
    assert set(_variations()) == {
        ("TEE-M", "Size", "M", Decimal("2.50")),
        ("TEE-S", "Size", "S", Decimal("0.00")),
    }
    assert again.out == ["0 changed: 0 created, 0 updated, 4 unchanged, 0 refused"]
    assert row_versions() == before


def test_products_without_skus_are_known_by_their_ids(import_file: ImportFile, export: Export) -> None:
    colours = {"Attribute 2 name": "Colour", "Attribute 2 value(s)": "Red\\, dark"}
    path = export(
        {**HAT, "SKU": ""},
        {**TEE, "SKU": ""},
        {**SMALL, "SKU": "", "Parent": "id:10", **colours},
        {**TEE, "ID": "20", "SKU": "CAP", "Name": "Cap"},
        {**SMALL, "ID": "21", "SKU": "CAP", "Parent": "id: 20"},
        {**MIDDLE, "ID": "22", "SKU": "", "Parent": "CAP"},
    )

    outcome = import_file(path)

    assert outcome.err == []
    assert list(Product.objects.order_by("id").values_list("sku", flat=True)) == ["woo-1", "woo-10", "CAP"]
    assert [(sku, name, value) for sku, name, value, _ in _variations()] == [
        ("woo-11", "Size / Colour", "S / Red, dark"),
        ("woo-21", "Size", "S"),
        ("woo-22", "Size", "M"),
    ]
    assert import_file(path).out == ["0 changed: 0 created, 0 updated, 6 unchanged, 0 refused"]


def test_variations_without_id_and_sku_are_known_by_their_options(import_file: ImportFile, export: Export) -> None:
    columns = [column for column in NAMES if column != "ID"]
    import_file(export(TEE, {**SMALL, "SKU": ""}, {**MIDDLE, "SKU": "TEE"}, columns=columns))

    assert [sku for sku, *_ in _variations()] == ["tee-s", "tee-m"]


@pytest.mark.parametrize(
    ("starts", "ends", "price"),
    [(None, None, 4), (-9, 9, 4), (None, 0, 4), (0, None, 4), (1, 9, 5), (-9, -1, 5), (None, -1, 5)],
)
def test_a_sale_counts_while_it_lasts(
    starts: int | None, ends: int | None, price: int, import_file: ImportFile, export: Export
) -> None:
    today = timezone.localdate()
    days = {
        "Date sale price starts": "" if starts is None else f"{today + timedelta(days=starts)} 0:00:00",
        "Date sale price ends": "" if ends is None else str(today + timedelta(days=ends)),
    }

    import_file(export({**HAT, "Sale price": "4", **days}))

    product = Product.objects.get()
    assert product.price == Decimal(price)
    assert product.compare_price == (Decimal(5) if price == 4 else None)


@pytest.mark.parametrize("sale", ["5", "6"])
def test_a_sale_that_makes_nothing_cheaper_is_none(sale: str, import_file: ImportFile, export: Export) -> None:
    import_file(export({**HAT, "Sale price": sale}))

    product = Product.objects.get()
    assert (product.price, product.compare_price) == (Decimal(5), None)


@pytest.mark.parametrize(
    ("cells", "is_active"),
    [
        ({"Published": "1"}, True),
        ({"Published": ""}, True),
        ({"Published": "0"}, False),
        ({"Published": "'-1"}, False),
        ({"Published": "2"}, False),
        ({"Published": "1", "Visibility in catalog": "search"}, True),
        ({"Published": "1", "Visibility in catalog": "hidden"}, False),
    ],
)
def test_what_is_offered(cells: dict[str, str], is_active: bool, import_file: ImportFile, export: Export) -> None:
    import_file(export({**HAT, **cells}))

    assert Product.objects.get().is_active is is_active


@pytest.mark.parametrize(
    ("cells", "units"),
    [
        ({"In stock?": "1", "Stock": "4"}, 4),
        ({"In stock?": "1", "Stock": "'-4"}, 0),
        ({"In stock?": "0", "Stock": "4"}, 0),
        ({"In stock?": "1"}, 10),
        ({"In stock?": "0"}, 0),
        ({"In stock?": "backorder"}, 0),
        ({}, 10),
    ],
)
def test_stock_that_a_new_product_opens_with(
    cells: dict[str, str], units: int, import_file: ImportFile, export: Export
) -> None:
    import_file(export({**HAT, **cells}))

    assert Product.objects.get().stock_quantity == units


def test_stock_that_variations_share_is_split_and_the_disabled_get_none(
    import_file: ImportFile, export: Export
) -> None:
    rows = [
        {**SMALL, "ID": str(number), "SKU": f"T-{number}", "Attribute 1 value(s)": str(number), "Stock": "parent"}
        for number in range(1, 7)
    ]
    rows[1]["Published"] = "0"
    rows[3]["Stock"] = "2"
    rows[4]["In stock?"] = "0"

    import_file(export({**TEE, "Stock": "11"}, *rows))

    assert _stocks() == {"T-1": 4, "T-2": 0, "T-3": 4, "T-4": 2, "T-5": 0, "T-6": 3}
    assert Product.objects.get().stock_quantity == 13


def test_variations_of_a_draft_are_not_taken_for_disabled(import_file: ImportFile, export: Export) -> None:
    import_file(export({**TEE, "Published": "-1"}, {**SMALL, "Published": "-1", "Stock": "3"}))

    assert _stocks() == {"TEE-S": 3}
    assert Product.objects.get().is_active is False


@pytest.mark.parametrize(
    ("column", "weight", "kilograms"),
    [
        ("Weight (kg)", "1.5", "1.50"),
        ("Weight (g)", "250", "0.25"),
        ("Weight (lbs)", "2", "0.91"),
        ("Weight (oz)", "16", "0.45"),
    ],
)
def test_weights_of_all_units(
    column: str, weight: str, kilograms: str, import_file: ImportFile, export: Export
) -> None:
    columns = [column if name == "Weight (kg)" else name for name in NAMES]

    import_file(export({**HAT, column: weight}, columns=columns))

    assert Product.objects.get().weight == Decimal(kilograms)


def test_what_a_variable_product_says_itself_counts_for_its_variations(import_file: ImportFile, export: Export) -> None:
    import_file(export({**TEE, "Weight (kg)": "0.3"}, {**SMALL, "Weight (kg)": "0.2", "Cost of goods": "7"}))

    product = Product.objects.get()
    assert (product.weight, product.cost_price) == (Decimal("0.30"), Decimal("7.00"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_files_as_spreadsheets_leave_them(
    encoding: str, delimiter: str, import_file: ImportFile, export: Export
) -> None:
    mixed = [name.upper() if name in {"Type", "Name", "Regular price"} else name.lower() for name in NAMES]
    row = {**HAT, "SKU": '="0012"', "Name": "'=Übergröße", "Regular price": "'1.299,00 €"}
    row["Description"] = "two\nlines; <b>“bold”</b>, commas"
    rows = [{new: row.get(old, "") for old, new in zip(NAMES, mixed, strict=True)}, {}, {}]

    outcome = import_file(export(*rows, columns=mixed, encoding=encoding, delimiter=delimiter))

    assert outcome.err == []
    product = Product.objects.get()
    assert (product.sku, product.name, product.price) == ("0012", "=Übergröße", Decimal("1299.00"))
    assert product.description == "two\nlines; “bold”, commas"


def test_pictures_are_taken_where_their_files_are(
    import_file: ImportFile, export: Export, tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    for name, colour in (("a,b.png", "red"), ("c.png", "blue")):
        Image.new("RGB", (8, 4), colour).save(tmp_path / name)
    path = export(
        {**HAT, "Images": r"https://x.example/up/c.png, https://x.example/gone.png, https://x.example/a\,b.png"}
    )

    outcome = import_file(path, "--images", str(tmp_path))

    assert outcome.err == []
    shown = ProductImage.objects.order_by("order").values_list("alt_text", "is_featured")
    assert list(shown) == [("Hat", True), ("Hat", False)]
    assert import_file(path, "--images", str(tmp_path)).out[-1].startswith("0 changed")


@pytest.mark.parametrize(
    ("cells", "report"),
    [
        ({"SKU": "", "ID": ""}, "column SKU, value '': must not be blank [required]"),
        ({"Name": ""}, "column Name, value '': must not be blank [required]"),
        ({"Regular price": ""}, "column Regular price, value '': must not be blank [required]"),
        ({"Regular price": "on request"}, "column Regular price, value 'on request': not a number [not_a_number]"),
        ({"Sale price": "=1"}, "column Sale price, value '=1': not a number [not_a_number]"),
        ({"Date sale price ends": "soon"}, "column Date sale price ends, value 'soon': not a date such as"),
        ({"Weight (kg)": "light"}, "column Weight (kg), value 'light': not a number [not_a_number]"),
        ({"Weight (kg)": "0,125"}, "column Weight (kg), value '0,125': not a number [not_a_number]"),
        ({"Stock": "2.5"}, "column Stock, value '2.5': not a whole number [not_an_integer]"),
        ({"In stock?": "perhaps"}, "column In stock?, value 'perhaps': none of 1, 0, backorder [not_a_boolean]"),
        ({"Published": "yes"}, "column Published, value 'yes': none of 1, 0, -1, 2 [not_a_boolean]"),
        ({"Type": "grouped"}, "column Type, value 'grouped': only simple and variable products and their variations"),
        ({"Type": "external"}, "column Type, value 'external': only simple and variable"),
        ({"Type": "subscription, virtual"}, "column Type, value 'subscription, virtual': only simple and variable"),
        ({"Type": "variable", "Regular price": ""}, "column Type, value 'variable': a variable product has its price"),
        ({"Type": "variation"}, "column Parent, value '': must not be blank [required]"),
        ({"Type": "variation", "Parent": "HAT"}, "column Parent, value 'HAT': the file has no variable product"),
        ({"Type": "variation", "Parent": "id:99"}, "column Parent, value 'id:99': the file has no variable product"),
        ({"SKU": "HAT"}, "column SKU, value 'HAT': the SKU stands in line 2 already [repeated_sku]"),
        ({"Categories": "A > "}, "column Categories, value 'A >': a category path has a level without a name"),
    ],
)
def test_a_row_that_breaks_a_rule(cells: dict[str, str], report: str, import_file: ImportFile, export: Export) -> None:
    row = {**HAT, "ID": "2", "SKU": "CAP", "Name": "Cap"}

    outcome = import_file(export(HAT, {**row, **cells}))

    assert outcome.status == 2
    assert len(outcome.err) == 1
    assert outcome.err[0].startswith(f"line 3, {report}")
    assert list(Product.objects.values_list("sku", flat=True)) == ["HAT"]


@pytest.mark.parametrize(
    ("wrong", "report"),
    [
        ({"Attribute 1 value(s)": ""}, "column Attribute 1 value(s), value '': a variation for any Size is none"),
        ({"Attribute 1 name": ""}, "column Attribute 1 name, value '': must not be blank [required]"),
        ({"Regular price": ""}, "column Regular price, value '': must not be blank [required]"),
        ({"Attribute 1 value(s)": "S"}, "column Attribute 1 value(s), value 'S': the option stands in line 3 already"),
        ({"SKU": "TEE-S"}, "column SKU, value 'TEE-S': the SKU stands in line 3 already [repeated_sku]"),
        ({"Type": "variable", "SKU": "TEE"}, "column SKU, value 'TEE': the product stands in line 2 already"),
    ],
)
def test_a_product_is_taken_with_all_its_variations_or_not_at_all(
    wrong: dict[str, str], report: str, import_file: ImportFile, export: Export, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    columns = [name for name in NAMES if name != "Swatches"]

    outcome = import_file(export(TEE, SMALL, {**MIDDLE, **wrong}, HAT, columns=columns), "--errors", str(errors))

    assert sorted(outcome.err)[2].startswith(f"line 4, {report}")
    whose = "value '': its product is refused for line 4 [product_refused]"
    assert sorted(outcome.err)[:2] == [f"line 2, {whose}", f"line 3, {whose}"]
    assert list(Product.objects.values_list("sku", flat=True)) == ["HAT"]

    rows = list(csv.DictReader(errors.open(encoding="utf-8", newline="")))
    rows[2].update(MIDDLE)
    again = import_file(export(*rows, columns=["error", *columns]))
    assert again.out == ["3 changed: 3 created, 0 updated, 0 unchanged, 0 refused"]


def test_a_ragged_row_keeps_its_product_outside(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file(
        "Type,SKU,Name,Published,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)",
        "variable,TEE,Tee,1,,,,",
        "simple,HAT,Hat,1,5,,,",
        "variation,T-S,,1,7,TEE,Size",
    )

    outcome = import_file(path)

    assert outcome.err == [
        "line 2, value '': its product is refused for line 4 [product_refused]",
        "line 4, value '': the header has 8 columns, this row 7 [ragged_row]",
    ]
    assert list(Product.objects.values_list("sku", flat=True)) == ["HAT"]


def test_a_dry_run_tells_the_difference_and_writes_nothing(import_file: ImportFile, export: Export) -> None:
    import_file(export(TEE, SMALL, MIDDLE, HAT))
    before = row_versions()

    outcome = import_file(
        export({**TEE, "Name": "T-Shirt"}, {**SMALL, "Regular price": "18"}, MIDDLE, HAT), "--dry-run"
    )

    assert outcome.out == [
        "line 2: update product TEE name: 'Tee' -> 'T-Shirt'; price: 20.0 -> 18.0",
        "line 4: update variation TEE-M price_adjustment: 1.5 -> 3.5",
        "dry run, nothing written; would be 2 changed: 0 created, 2 updated, 2 unchanged, 0 refused",
    ]
    assert row_versions() == before
