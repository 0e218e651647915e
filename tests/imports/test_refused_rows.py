"""Rows that are refused: told with line, column, value and reason, and never in the way of the good ones."""

import csv
from pathlib import Path

import pytest

from products.models import Product, ProductVariation
from tests.factories.products import ProductFactory
from tests.imports.conftest import LIVOSTYLE, ImportFile, WriteFile

NAMES = "sku,parent_sku,name,slug,price,stock_quantity,option_name,option_value,price_adjustment"


def test_three_spoiled_rows_give_three_reports_and_the_rest_is_imported(
    import_file: ImportFile, tmp_path: Path
) -> None:
    lines = (LIVOSTYLE / "products.csv").read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace('"39.99"', '"thirty"', 1)
    lines[4] = lines[4].replace('"7819281924235"', '""', 1)
    lines[6] = lines[6].rpartition(",")[0]
    path = tmp_path / "spoiled.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    outcome = import_file(path)

    assert outcome.status == 2
    assert outcome.err == [
        "line 3, column price_min_usd, value 'thirty': not a number [not_a_number]",
        "line 5, column id, value '': must not be blank [required]",
        "line 7, value '': the header has 18 columns, this row 17 [ragged_row]",
    ]
    assert outcome.out == ["7 changed: 7 created, 0 updated, 0 unchanged, 3 refused"]
    assert Product.objects.count() == 7


@pytest.mark.parametrize(
    ("row", "report"),
    [
        ("A,,N,,12x,,,,", "column price, value '12x': not a number [not_a_number]"),
        ("A,,N,,-1,,,,", "column price, value '-1': below zero [negative]"),
        ("A,,N,,1.999,,,,", "column price, value '1.999': more than two decimals [too_many_decimals]"),
        (
            "A,,N,,100000000,,,,",
            "column price, value '100000000': more than 8 digits before the decimals [too_large]",
        ),
        ("A,,N,,,,,,", "column price, value '': must not be blank [required]"),
        ("A,,,,1,,,,", "column name, value '': must not be blank [required]"),
        (f"{'A' * 51},,N,,1,,,,", f"column sku, value '{'A' * 51}': longer than 50 characters [too_long]"),
        ("A,,N,no good,1,,,,", "column slug, value 'no good': a slug holds only letters of a-z"),
        ("A,,N,facets,1,,,,", "column slug, value 'facets': this slug is reserved [reserved_slug]"),
        ("A,,N,,1,2.5,,,", "column stock_quantity, value '2.5': not a whole number [not_an_integer]"),
        ("A,,N,,1,-3,,,", "column stock_quantity, value '-3': below zero [negative]"),
        ("A,,N,,1,,Size,,", "column option_name, value 'Size': only a row with a parent_sku has options"),
        ("A,,N\x00N,,1,,,,", "value 'N\\x00N': holds a NUL byte [nul_byte]"),
        ("A,,N,,1,,,,,extra", "value '': the header has 9 columns, this row 10 [ragged_row]"),
        ("A,GONE,,,,,Size,S,", "column parent_sku, value 'GONE': neither the shop nor an accepted row"),
        ("A,GOOD,,,,,Size,,", "column option_value, value '': must not be blank [required]"),
        ("A,GOOD,,,,,Size,S,-6", "column price_adjustment, value '-6.00': with this adjustment the price"),
        ("GOOD,,N,,1,,,,", "column sku, value 'GOOD': the SKU stands in line 2 already [repeated_sku]"),
        ("A,,N,good,1,,,,", "column slug, value 'good': the slug stands in line 2 already [repeated_slug]"),
        ("A,,N,taken,1,,,,", "column slug, value 'taken': the product with the SKU THERE has this slug [slug_taken]"),
    ],
)
def test_a_row_that_breaks_a_rule(row: str, report: str, import_file: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="THERE", slug="taken")
    path = write_file(NAMES, "GOOD,,Good,good,5,1,,,", row, "LAST,,Last,,5,1,,,")

    outcome = import_file(path)

    assert outcome.status == 2
    assert len(outcome.err) == 1
    assert outcome.err[0].startswith(f"line 3, {report}")
    assert set(Product.objects.values_list("sku", flat=True)) == {"THERE", "GOOD", "LAST"}
    assert not ProductVariation.objects.exists()


def test_every_wrong_value_of_a_row_is_told(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file("sku,name,price,weight,is_active", "A,,x,heavy,maybe"))

    assert [line.partition(" [")[2] for line in outcome.err] == [
        "required]",
        "not_a_number]",
        "not_a_number]",
        "not_a_boolean]",
    ]
    assert outcome.out == ["0 changed: 0 created, 0 updated, 0 unchanged, 1 refused"]


def test_a_line_is_counted_as_an_editor_counts_it(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price,description", 'A,A,1,"two\nlines"', "", "B,B,x,")

    outcome = import_file(path)

    assert outcome.err == ["line 5, column price, value 'x': not a number [not_a_number]"]


def test_variations_clash(import_file: ImportFile, write_file: WriteFile) -> None:
    header = "sku,parent_sku,name,price,option_name,option_value"
    import_file(write_file(header, "A,,A,1,,", "A-S,A,,,Size,S", "B,,B,1,,"))

    outcome = import_file(write_file(header, "A-S,B,,,Size,S", "A-2,A,,,Size,S", "A-M,A,,,Size,M", "A-N,A,,,Size,M"))

    assert outcome.err == [
        "line 2, column sku, value 'A-S': a variation of another product has this SKU [sku_of_other_product]",
        "line 3, column option_value, value 'S': the variation with the SKU A-S is this option [option_taken]",
        "line 5, column option_value, value 'M': the option stands in line 4 already [repeated_option]",
    ]
    assert set(ProductVariation.objects.values_list("sku", flat=True)) == {"A-S", "A-M"}


def test_a_price_below_what_a_variation_takes_off(import_file: ImportFile, write_file: WriteFile) -> None:
    header = "sku,parent_sku,name,price,option_name,option_value,price_adjustment"
    import_file(write_file(header, "A,,A,5,,,", "A-S,A,,,Size,S,-4"))

    outcome = import_file(write_file("sku,price", "A,3"))

    reason = "with this price the variation A-S would cost less than nothing or too much [price_out_of_range]"
    assert outcome.err == [f"line 2, column price, value '3.00': {reason}"]


def test_refused_rows_are_written_to_be_mended_and_sent_again(
    import_file: ImportFile, write_file: WriteFile, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    path = write_file("sku;name;price", 'A;"A; really";1', "B;Bé;x", "C;C;2", "B2;B2;-1", "A;again;3")
    import_file(path, "--errors", str(errors))

    rows = list(csv.reader(errors.open(encoding="utf-8", newline="")))

    assert rows == [
        ["error", "sku", "name", "price"],
        ["price: not a number [not_a_number]", "B", "Bé", "x"],
        ["price: below zero [negative]", "B2", "B2", "-1"],
        ["sku: the SKU stands in line 2 already [repeated_sku]", "A", "again", "3"],
    ]
    mended = write_file(
        *(",".join(row) for row in [rows[0], ["", "B", "Bé", "7"], ["", "B2", "B2", "-1"]]), name="mended.csv"
    )
    again = import_file(mended, "--errors", str(errors))
    assert again.out == ["1 changed: 1 created, 0 updated, 0 unchanged, 1 refused"]
    assert set(Product.objects.values_list("sku", "name")) == {("A", "A; really"), ("B", "Bé"), ("C", "C")}
    assert list(csv.reader(errors.open(encoding="utf-8", newline="")))[1][1:] == ["B2", "B2", "-1"]
