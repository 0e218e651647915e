"""Which format a file is taken for, and what all formats that go by product have in common."""

import pytest

from products.imports import grouping
from products.imports.formats.registry import find_format
from products.models import Product
from tests.imports.conftest import LIVOSTYLE, ImportFile, UndoBatch, WriteFile

SHOPIFY = "Handle,Title,Variant SKU,Variant Price"
WOOCOMMERCE = "ID,Type,SKU,Name,Published,Regular price"


def _named(header: str) -> list[str]:
    return [name.strip().casefold().replace(" ", "_") for name in header.split(",")]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("sku,name,price", "native"),
        ("sku,parent_sku,option_name,option_value", "native"),
        ("error,sku,description,price", "native"),
        (SHOPIFY, "shopify"),
        ("error,Title,URL handle,SKU,Price", "shopify"),
        ("Handle,Option1 Name,Option1 Value,Variant Price", "shopify"),
        ("Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Price / Moon,Anything", "shopify"),
        (WOOCOMMERCE, "woocommerce"),
        ("Type,SKU,Name,Published,Meta: _x,Handle", "woocommerce"),
        ("type,sku,regular price", "woocommerce"),
        ("id,handle,title,category_full_path,price_min_usd", "livostyle"),
    ],
)
def test_the_header_tells_the_format(header: str, name: str) -> None:
    assert find_format(_named(header)).name == name
    assert find_format(_named(header), name=name).name == name


def test_a_whole_livostyle_header_is_no_shopify_export() -> None:
    header = (LIVOSTYLE / "products.csv").read_text(encoding="utf-8").splitlines()[0].replace('"', "")

    assert find_format(header.split(",")).name == "livostyle"


@pytest.mark.parametrize(
    ("header", "options", "reason"),
    [
        ("sku,name,price", ["--format", "shopify"], "this is not a shopify file: it has no column handle, title"),
        (
            SHOPIFY,
            ["--format", "woocommerce"],
            "this is not a woocommerce file: it has no column name, published, type",
        ),
        (WOOCOMMERCE, ["--format", "native"], "unknown columns for the native format: id, type, published, regular"),
        ("handle,sku,price", [], "unknown columns for the native format: handle."),
        ("Handle,URL handle,Title", [], "columns stand more than once: handle"),
        ("Handle,Title,Variant SKU,SKU", [], "columns stand more than once: variant_sku"),
        ("Type,SKU,Name,Published,SKU", [], "columns stand more than once: sku"),
    ],
)
def test_a_header_that_is_not_of_the_format(
    header: str, options: list[str], reason: str, import_file: ImportFile, write_file: WriteFile
) -> None:
    outcome = import_file(write_file(header, ",".join("x" for _ in header.split(","))), *options)

    assert outcome.status == 1
    assert outcome.err[0].startswith(f"nothing imported: {reason}")


def test_columns_of_others_may_stand_twice(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file(f"{SHOPIFY},Note,Note,,Cost per item", "a,A,A,1,x,y,,2"))

    assert outcome.err == []
    assert Product.objects.get().cost_price == 2


def test_a_column_is_told_as_the_file_writes_it(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file("SKU;Name;Price", "A;A;x", "B;B;1", "B;B;1"))

    assert outcome.err == [
        "line 2, column Price, value 'x': not a number [not_a_number]",
        "line 4, column SKU, value 'B': the SKU stands in line 3 already [repeated_sku]",
    ]


def test_a_product_of_too_many_rows_is_refused_row_by_row(
    import_file: ImportFile, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_ROWS", 2)

    outcome = import_file(write_file(SHOPIFY, "a,A,A,1", "b,B,B,1", "a,,,", "a,,,"))

    assert outcome.err == [
        f"line {line}, value '': its product has more than 2 rows [too_many_rows]" for line in (2, 4, 5)
    ]
    assert list(Product.objects.values_list("sku", flat=True)) == ["B"]


def test_an_import_by_product_is_undone_like_any_other(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Type,Image Src"
    rows = ["tee,Tee,Size,S,T-S,10,Tops,x/a.png", "tee,,,M,T-M,11,,", "tee,,,,,,,x/b.png"]
    imported = import_file(write_file(header, *rows))

    undone = undo_batch(imported.batch)

    assert undone.status == 0
    assert undone.out[-1] == "4 put back, 0 left"
    assert not Product.objects.exists()


def test_a_handle_that_cannot_be_read_is_no_bond(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file(SHOPIFY, "caf\udce9,A,A,1", "é,B,B,1", "n\x00l,C,C,1"))

    assert [line.rpartition("[")[2] for line in outcome.err] == ["bad_encoding]", "nul_byte]"]
    assert list(Product.objects.values_list("sku", flat=True)) == ["B"]
