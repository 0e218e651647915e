"""Shopify's product export: what its rows become, and why some do not."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from products.models import Product, ProductImage, ProductVariation, StockMovement
from tests.factories.products import ProductFactory
from tests.imports.conftest import ImportFile, WriteFile, row_versions

OLDER = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "Cost per item",
    "Price / International",
    "Included / Moon",
    "Status",
]
NEWER = [
    "Title",
    "URL handle",
    "Description",
    "Vendor",
    "Product category",
    "Type",
    "Tags",
    "Published on online store",
    "Status",
    "SKU",
    "Barcode",
    "Option1 name",
    "Option1 value",
    "Option1 Linked To",
    "Option2 name",
    "Option2 value",
    "Option3 name",
    "Option3 value",
    "Price",
    "Compare-at price",
    "Cost per item",
    "Charge tax",
    "Inventory tracker",
    "Inventory quantity",
    "Weight value (grams)",
    "Product image URL",
    "Image position",
    "Image alt text",
    "Color (product.metafields.shopify.color-pattern)",
]
DEFAULT = {"Option1 Name": "Title", "Option1 Value": "Default Title"}
SIZED = ["Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price"]


@pytest.fixture
def export(tmp_path: Path) -> "Export":
    return Export(tmp_path)


class Export:
    """Writes an export of the given columns; what a row does not name is blank."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(
        self, columns: list[str], *rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ","
    ) -> Path:
        path = self._folder / "export.csv"
        with path.open("w", encoding=encoding, newline="") as out:
            writer = csv.writer(out, delimiter=delimiter)
            writer.writerow(columns)
            writer.writerows([row.get(column, "") for column in columns] for row in rows)
        return path


def _products() -> dict[str, Decimal]:
    return dict(Product.objects.values_list("sku", "price"))


def _variations() -> list[tuple[str, str, str, Decimal]]:
    rows = ProductVariation.objects.order_by("id")
    return list(rows.values_list("sku", "name", "value", "price_adjustment"))


def test_a_product_without_options_and_its_pictures(import_file: ImportFile, export: Export) -> None:
    path = export(
        OLDER,
        {
            **DEFAULT,
            "Handle": "tea-pot",
            "Title": "Tea Pot",
            "Body (HTML)": "<p>Holds <b>two</b> cups,\nor one.</p><script>alert(1)</script>",
            "Vendor": "Potters & Sons",
            "Product Category": "Home & Garden > Kitchen > Tea Pots",
            "Type": "Pots",
            "Tags": "tea, pot",
            "Published": "true",
            "Variant SKU": "'00417",
            "Variant Barcode": "'0400638133393",
            "Variant Grams": "1250.0",
            "Variant Inventory Tracker": "shopify",
            "Variant Inventory Qty": "7",
            "Variant Price": "1,299.00",
            "Variant Compare At Price": "1'499.00",
            "Cost per item": "$640.5",
            "Image Src": "https://cdn.example/tea-pot.jpg?v=1",
            "Status": "active",
        },
        {"Handle": "tea-pot", "Image Src": "https://cdn.example/tea-pot-2.jpg?v=1", "Image Position": "2"},
    )

    outcome = import_file(path)

    assert outcome.out == ["1 changed: 1 created, 0 updated, 0 unchanged, 0 refused"]
    product = Product.objects.get()
    assert (product.sku, product.slug, product.name) == ("00417", "tea-pot", "Tea Pot")
    assert product.barcode == "0400638133393"
    assert product.description == "Holds two cups,\nor one."
    assert (product.price, product.compare_price, product.cost_price) == (
        Decimal("1299.00"),
        Decimal("1499.00"),
        Decimal("640.50"),
    )
    assert (product.weight, product.stock_quantity, product.is_active) == (Decimal("1.25"), 7, True)
    assert [each.name for each in product.categories.all()] == ["Tea Pots"]
    assert not ProductVariation.objects.exists()
    assert not ProductImage.objects.exists()


def test_the_newer_names_of_columns_in_any_case(import_file: ImportFile, export: Export) -> None:
    row = {
        "Title": "Tee",
        "URL handle": "tee",
        "Description": "Soft & warm",
        "Type": "Tops",
        "Published on online store": "TRUE",
        "Status": "Active",
        "SKU": "T-S",
        "Option1 name": "Size",
        "Option1 value": "S",
        "Price": "20",
        "Compare-at price": "25",
        "Inventory tracker": "shopify",
        "Inventory quantity": "-3",
        "Weight value (grams)": "180",
    }
    second = {"URL handle": "tee", "SKU": "T-M", "Option1 value": "M", "Price": "21.5", "Inventory quantity": "4"}
    path = export(NEWER, row, {**second, "Inventory tracker": "shopify"})
    path.write_text(path.read_text().replace("Title,URL handle", "TITLE,Url Handle", 1))

    outcome = import_file(path)

    assert outcome.err == []
    product = Product.objects.get()
    assert (product.sku, product.price, product.compare_price) == ("tee", Decimal("20.00"), Decimal("25.00"))
    assert (product.description, product.weight, product.stock_quantity) == ("Soft & warm", Decimal("0.18"), 4)
    assert [each.name for each in product.categories.all()] == ["Tops"]
    assert _variations() == [("T-S", "Size", "S", Decimal("0.00")), ("T-M", "Size", "M", Decimal("1.50"))]


def test_three_options_become_one_and_the_cheapest_sets_the_price(import_file: ImportFile, export: Export) -> None:
    names = {"Option1 Name": "Size", "Option2 Name": "Color", "Option3 Name": "Cut"}
    path = export(
        OLDER,
        {
            **names,
            "Handle": "coat",
            "Title": "Coat",
            "Option1 Value": "M",
            "Option2 Value": "Red",
            "Option3 Value": "Slim",
            "Variant Price": "90",
            "Variant Compare At Price": "0",
            "Variant Grams": "900",
        },
        {
            "Handle": "coat",
            "Option1 Value": "L",
            "Option2 Value": "Red",
            "Option3 Value": "Slim",
            "Variant Price": "80",
            "Variant Compare At Price": "100",
            "Variant Grams": "1004.9",
        },
        {"Handle": "coat", "Image Src": "https://cdn.example/back.jpg"},
    )

    import_file(path)

    product = Product.objects.get()
    assert (product.sku, product.price, product.compare_price) == ("coat", Decimal("80.00"), Decimal("100.00"))
    assert product.weight == Decimal("1.00")
    assert _variations() == [
        ("coat-m-red-slim", "Size / Color / Cut", "M / Red / Slim", Decimal("10.00")),
        ("coat-l-red-slim", "Size / Color / Cut", "L / Red / Slim", Decimal("0.00")),
    ]


def test_blank_skus_are_made_of_handle_and_options_and_stay_the_same(import_file: ImportFile, export: Export) -> None:
    long = "a-very-long-handle-that-says-all-there-is-to-say-about-a-hat"
    path = export(
        SIZED,
        {"Handle": "Plain-Hat", "Title": "Plain", "Variant Price": "1"},
        {"Handle": long, "Title": "Long", "Variant Price": "1"},
        {"Handle": "crème-brûlée", "Title": "Crème", "Variant Price": "1"},
        {"Handle": "帽子", "Title": "帽子", "Variant Price": "1"},
        {"Handle": "ring", "Title": "Ring", "Option1 Name": "Size", "Option1 Value": "5 1/2", "Variant Price": "1"},
        {"Handle": "ring", "Option1 Value": "5½", "Variant Price": "1"},
    )

    first = import_file(path)
    before = row_versions()
    again = import_file(path)

    assert first.out == ["7 changed: 7 created, 0 updated, 0 unchanged, 0 refused"]
    skus = list(Product.objects.order_by("id").values_list("sku", flat=True))
    assert (skus[0], skus[4]) == ("plain-hat", "ring")
    assert [len(sku) for sku in skus[1:4]] == [50, 21, 8]
    assert skus[1].startswith("a-very-long-handle-that-says-all-there-is")
    assert skus[2].startswith("creme-brulee-")
    assert [sku.rpartition("-")[0] for sku, *_ in _variations()] == ["ring-5-12", "ring-512"]
    assert again.out == ["0 changed: 0 created, 0 updated, 7 unchanged, 0 refused"]
    assert row_versions() == before


def test_rows_of_a_product_need_not_stand_together_or_in_order(import_file: ImportFile, export: Export) -> None:
    path = export(
        SIZED,
        {"Handle": "tee", "Option1 Value": "M", "Variant SKU": "T-M", "Variant Price": "12"},
        {"Handle": "cap", "Title": "Cap", "Variant SKU": "C", "Variant Price": "5"},
        {
            "Handle": "TEE",
            "Title": "Tee",
            "Option1 Name": "Size",
            "Option1 Value": "S",
            "Variant SKU": "T-S",
            "Variant Price": "10",
        },
    )

    outcome = import_file(path)

    assert outcome.out == ["4 changed: 4 created, 0 updated, 0 unchanged, 0 refused"]
    assert _products() == {"tee": Decimal("10.00"), "C": Decimal("5.00")}
    assert set(_variations()) == {("T-M", "Size", "M", Decimal("2.00")), ("T-S", "Size", "S", Decimal("0.00"))}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_files_as_spreadsheets_leave_them(
    encoding: str, delimiter: str, import_file: ImportFile, export: Export
) -> None:
    path = export(
        [*SIZED, "Body (HTML)", "", ""],
        {
            "Handle": "tasse",
            "Title": "Tasse für Übergroße",
            "Option1 Name": "Title",
            "Option1 Value": "default title",
            "Variant SKU": '="0012"',
            "Variant Price": "'12,50",
            "Body (HTML)": "<ul>\n<li>“Groß”;</li>\n<li>rot, blau</li></ul>",
        },
        {"Handle": "formel", "Title": "=HYPERLINK(1)", "Variant SKU": "F", "Variant Price": "2"},
        {},
        {},
        encoding=encoding,
        delimiter=delimiter,
    )

    outcome = import_file(path)

    assert outcome.err == []
    mug, formula = Product.objects.order_by("id")
    assert (mug.sku, mug.name, mug.price) == ("0012", "Tasse für Übergroße", Decimal("12.50"))
    assert mug.description == "- “Groß”;\n- rot, blau"
    assert formula.name == "=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("status", "published", "is_active"),
    [
        ("active", "true", True),
        ("active", "", True),
        ("", "TRUE", True),
        ("", "", True),
        ("Active", "false", False),
        ("draft", "true", False),
        ("archived", "", False),
        ("unlisted", "true", False),
        ("", "FALSE", False),
    ],
)
def test_what_is_offered(status: str, published: str, is_active: bool, import_file: ImportFile, export: Export) -> None:
    columns = ["Handle", "Title", "Variant SKU", "Variant Price", "Status", "Published"]
    row = {"Handle": "a", "Title": "A", "Variant SKU": "A", "Variant Price": "1"}

    import_file(export(columns, {**row, "Status": status, "Published": published}))

    assert Product.objects.get().is_active is is_active


def test_stock_opens_as_counted_and_what_is_not_counted_with_ten(import_file: ImportFile, export: Export) -> None:
    columns = ["Handle", "Title", "Variant SKU", "Variant Price", "Variant Inventory Tracker", "Variant Inventory Qty"]
    counted = {"Variant Price": "1", "Variant Inventory Tracker": "shopify"}
    path = export(
        columns,
        {**counted, "Handle": "a", "Title": "A", "Variant SKU": "A", "Variant Inventory Qty": "3"},
        {**counted, "Handle": "b", "Title": "B", "Variant SKU": "B", "Variant Inventory Qty": "-2"},
        {"Handle": "c", "Title": "C", "Variant SKU": "C", "Variant Price": "1", "Variant Inventory Qty": "0"},
    )

    import_file(path)

    assert dict(Product.objects.values_list("sku", "stock_quantity")) == {"A": 3, "B": 0, "C": 10}
    assert set(StockMovement.objects.values_list("product__sku", "delta")) == {("A", 3), ("C", 10)}
    Product.objects.update(stock_quantity=1)
    again = import_file(path)
    assert again.out[-1].endswith("; 2 state another stock than the shop has, which was left as it is")


def test_pictures_are_taken_where_their_files_are(
    import_file: ImportFile, export: Export, tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "pictures").mkdir()
    for name, colour in (("front view.png", "red"), ("back.png", "blue")):
        Image.new("RGB", (8, 4), colour).save(tmp_path / "pictures" / name)
    columns = [*SIZED, "Image Src", "Image Position", "Image Alt Text"]
    path = export(
        columns,
        {
            "Handle": "a",
            "Title": "A",
            "Variant SKU": "A",
            "Variant Price": "1",
            "Image Src": "https://cdn.example/files/back.png?v=12",
            "Image Position": "3",
            "Image Alt Text": "Back | side",
        },
        {"Handle": "a", "Image Src": "https://cdn.example/files/gone.png", "Image Position": "2"},
        {
            "Handle": "a",
            "Image Src": "https://cdn.example/front%20view.png",
            "Image Position": "1",
            "Image Alt Text": "Front",
        },
        {"Handle": "a", "Image Src": "https://[broken/back.png", "Image Position": "4"},
    )

    outcome = import_file(path, "--images", str(tmp_path / "pictures"))

    assert outcome.err == []
    shown = ProductImage.objects.order_by("order").values_list("alt_text", "is_featured")
    assert list(shown) == [("Front", True), ("Back | side", False)]
    again = import_file(path, "--images", str(tmp_path / "pictures"))
    assert again.out == ["0 changed: 0 created, 0 updated, 1 unchanged, 0 refused"]
    without = import_file(path)
    assert without.out == again.out


GOOD = {"Handle": "good", "Title": "Good", "Variant SKU": "G", "Variant Price": "1"}
COLUMNS = [
    *OLDER[:14],
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Qty",
    "Variant Price",
    "Image Position",
    "Status",
]


@pytest.mark.parametrize(
    ("cells", "report"),
    [
        ({"Handle": ""}, "column Handle, value '': must not be blank [required]"),
        ({"Title": ""}, "column Title, value '': must not be blank [required]"),
        ({"Variant Price": ""}, "column Variant Price, value '': must not be blank [required]"),
        ({"Variant Price": "=1+1"}, "column Variant Price, value '=1+1': not a number [not_a_number]"),
        ({"Variant Price": "1.299"}, "column Variant Price, value '1.299': more than two decimals [too_many_decimals]"),
        ({"Variant Price": "-1"}, "column Variant Price, value '-1': below zero [negative]"),
        ({"Variant Grams": "heavy"}, "column Variant Grams, value 'heavy': not a number [not_a_number]"),
        ({"Variant Inventory Qty": "2.5"}, "column Variant Inventory Qty, value '2.5': not a whole number"),
        ({"Published": "maybe"}, "column Published, value 'maybe': neither true nor false [not_a_boolean]"),
        ({"Status": "sold"}, "column Status, value 'sold': none of active, draft, archived, unlisted [unknown_status]"),
        ({"Variant SKU": "S" * 51}, f"column Variant SKU, value '{'S' * 51}': longer than 50 characters [too_long]"),
        ({"Variant SKU": "G"}, "column Variant SKU, value 'G': the SKU stands in line 2 already [repeated_sku]"),
        (
            {"Handle": "taken"},
            "column Handle, value 'taken': the product with the SKU THERE has this slug [slug_taken]",
        ),
        ({"Option1 Value": "M"}, "column Option1 Name, value '': must not be blank [required]"),
        (
            {"Option1 Name": "Size", "Option1 Value": "M", "Option2 Name": "Color"},
            "column Option2 Value, value '': must not be blank [required]",
        ),
        (
            {"Option1 Name": "Size", "Option1 Value": "M" * 101},
            f"column Option1 Value, value '{'M' * 57}...': longer than 100 characters [too_long]",
        ),
        ({"Product Category": "A > > B"}, "column Product Category, value 'A >  > B': a category path has a level"),
    ],
)
def test_a_row_that_breaks_a_rule(cells: dict[str, str], report: str, import_file: ImportFile, export: Export) -> None:
    ProductFactory.create(sku="THERE", slug="taken")
    row = {"Handle": "a", "Title": "A", "Variant SKU": "A", "Variant Price": "1"}

    outcome = import_file(export(COLUMNS, GOOD, {**row, **cells}))

    assert outcome.status == 2
    assert len(outcome.err) == 1
    assert outcome.err[0].startswith(f"line 3, {report}")
    assert outcome.out == ["1 changed: 1 created, 0 updated, 0 unchanged, 1 refused"]
    assert set(_products()) == {"THERE", "G"}
    assert not ProductVariation.objects.exists()


TEE = {"Handle": "tee", "Title": "Tee", "Option1 Name": "Size", "Option1 Value": "S", "Variant SKU": "T-S"}


@pytest.mark.parametrize(
    ("wrong", "report"),
    [
        ({"Variant Price": "free"}, "column Variant Price, value 'free': not a number [not_a_number]"),
        ({"Option1 Value": ""}, "column Option1 Value, value '': must not be blank [required]"),
        ({"Option1 Value": "S"}, "column Option1 Value, value 'S': the option stands in line 2 already"),
        ({"Variant SKU": "T-S"}, "column Variant SKU, value 'T-S': the SKU stands in line 2 already [repeated_sku]"),
        ({"Variant SKU": "O-1"}, "column Variant SKU, value 'O-1': a variation of another product has this SKU"),
    ],
)
def test_a_product_is_taken_with_all_its_rows_or_not_at_all(
    wrong: dict[str, str], report: str, import_file: ImportFile, export: Export, tmp_path: Path
) -> None:
    other = {"Handle": "o", "Title": "O", "Option1 Name": "Size", "Option1 Value": "1", "Variant SKU": "O-1"}
    import_file(export(SIZED, {**other, "Variant Price": "3"}))
    second = {"Handle": "tee", "Option1 Value": "M", "Variant SKU": "T-M", "Variant Price": "11"}
    columns = [*SIZED, "Image Src"]
    picture = {"Handle": "tee", "Image Src": "https://cdn.example/tee.jpg"}
    errors = tmp_path / "errors.csv"

    outcome = import_file(
        export(columns, {**TEE, "Variant Price": "10"}, {**second, **wrong}, picture, GOOD), "--errors", str(errors)
    )

    assert sorted(outcome.err)[1].startswith(f"line 3, {report}")
    whose = "value '': its product is refused for line 3 [product_refused]"
    assert [line for line in outcome.err if "line 3, " not in line] == [f"line 2, {whose}", f"line 4, {whose}"]
    assert outcome.out == ["1 changed: 1 created, 0 updated, 0 unchanged, 3 refused"]
    assert set(_products()) == {"o", "G"}

    rows = list(csv.DictReader(errors.open(encoding="utf-8", newline="")))
    assert [row["Variant SKU"] for row in rows] == ["T-S", {**second, **wrong}["Variant SKU"], ""]
    rows[1].update(second)
    again = import_file(export(["error", *columns], *rows))
    assert again.out == ["3 changed: 3 created, 0 updated, 0 unchanged, 0 refused"]


def test_a_ragged_row_keeps_its_product_outside(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file(
        ",".join(SIZED),
        "tee,Tee,Size,S,T-S,10",
        "tee,,,M,T-M",
        "cap,Cap,,,C,5",
        "tee,,,L,T-L,11,more",
        'hat,Hat,,,"H,7',
    )

    outcome = import_file(path)

    assert [line.rpartition("[")[2] for line in outcome.err] == [
        *("product_refused]", "ragged_row]", "ragged_row]", "ragged_row]")
    ]
    assert set(_products()) == {"C"}


def test_a_dry_run_tells_the_difference_and_writes_nothing(import_file: ImportFile, export: Export) -> None:
    second = {"Handle": "tee", "Option1 Value": "M", "Variant SKU": "T-M", "Variant Price": "11"}
    import_file(export(SIZED, {**TEE, "Variant Price": "10"}, second))
    before = row_versions()

    outcome = import_file(
        export(
            SIZED,
            {**TEE, "Variant Price": "9"},
            second,
            {**second, "Option1 Value": "L", "Variant SKU": "T-L"},
            {**GOOD, "Variant Price": "x"},
        ),
        "--dry-run",
    )

    assert outcome.out == [
        "line 2: update product tee price: 10.0 -> 9.0",
        "line 3: update variation T-M price_adjustment: 1.0 -> 2.0",
        (
            "line 4: create variation T-L option_name: None -> 'Size'; option_value: None -> 'L'; "
            "price_adjustment: None -> 2.0"
        ),
        "dry run, nothing written; would be 3 changed: 1 created, 2 updated, 1 unchanged, 1 refused",
    ]
    assert outcome.err == ["line 5, column Variant Price, value 'x': not a number [not_a_number]"]
    assert row_versions() == before


@pytest.mark.parametrize(("mode", "skus"), [("create", {"tee": 10, "G": 1}), ("update", {"tee": 8})])
def test_a_mode_takes_products_as_a_whole(
    mode: str, skus: dict[str, int], import_file: ImportFile, export: Export
) -> None:
    import_file(export(SIZED, {**TEE, "Variant Price": "10"}))
    new = {"Handle": "tee", "Option1 Value": "M", "Variant SKU": "T-M", "Variant Price": "9"}

    import_file(export(SIZED, {**TEE, "Variant Price": "8"}, new, GOOD), "--mode", mode)

    assert _products() == skus
    assert [sku for sku, *_ in _variations()] == ["T-S"]


def test_a_file_of_some_columns_leaves_the_others_as_they_are(import_file: ImportFile, export: Export) -> None:
    path = export(
        [*SIZED, "Type", "Cost per item"], {**GOOD, "Type": "Hats", "Cost per item": "0.50", "Variant Price": "2"}
    )
    import_file(path)

    outcome = import_file(export(["Handle", "Title", "Variant SKU", "Variant Price"], {**GOOD, "Variant Price": "3"}))

    assert outcome.out == ["1 changed: 0 created, 1 updated, 0 unchanged, 0 refused"]
    product = Product.objects.get()
    assert (product.price, product.cost_price) == (Decimal("3.00"), Decimal("0.50"))
    assert [each.name for each in product.categories.all()] == ["Hats"]
