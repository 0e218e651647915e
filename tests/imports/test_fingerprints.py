"""Rows known from an earlier import are not looked at again, and whoever changed what they tell of is found out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from products.imports.parsing import RowParser
from products.models import Category, ImportFingerprint, Product, ProductImage, ProductVariation, StockMovement
from tests.factories.products import ProductFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile, row_versions

HEADER = "sku,parent_sku,name,price,stock_quantity,categories,option_name,option_value"
TEE, TEE_M, TEE_L = "T,,Tee,10.00,,Clothing > Tops,,", "T-M,T,,,4,,Size,M", "T-L,T,,,5,,Size,L"
LAMP = "L,,Lamp,20.00,3,Home | Light,,"
UNCHANGED = "0 changed: 0 created, 0 updated, 4 unchanged, 0 refused"


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines of the file that are parsed."""
    lines: list[int] = []
    parse = RowParser.parse

    def watched(self: RowParser, raws: list) -> list:  # type: ignore[type-arg]
        lines.extend(raw.line for raw in raws)
        return parse(self, raws)

    monkeypatch.setattr(RowParser, "parse", watched)
    return lines


@pytest.fixture
def known(import_file: ImportFile, write_file: WriteFile, looked_at: list[int]) -> Path:
    """A file that was imported."""
    path = write_file(HEADER, TEE, TEE_M, TEE_L, LAMP)
    assert import_file(path).out == ["4 changed: 4 created, 0 updated, 0 unchanged, 0 refused"]
    looked_at.clear()
    return path


def test_the_same_file_is_not_looked_at_and_writes_nothing(
    known: Path, import_file: ImportFile, looked_at: list[int]
) -> None:
    before, fingerprints = row_versions(), list(ImportFingerprint.objects.order_by("id").values())

    assert import_file(known).out == [UNCHANGED]

    assert looked_at == []
    assert row_versions() == before
    assert list(ImportFingerprint.objects.order_by("id").values()) == fingerprints
    assert len(fingerprints) == 4


def test_only_what_is_new_or_differs_is_looked_at(
    known: Path, import_file: ImportFile, write_file: WriteFile, looked_at: list[int]
) -> None:
    path = write_file(HEADER, "N,,New,1.00,,,,", TEE, TEE_M, "T-L,T,,,5,,Size,XL", LAMP)

    assert import_file(path).out == ["2 changed: 1 created, 1 updated, 3 unchanged, 0 refused"]

    assert looked_at == [2, 5]
    assert ProductVariation.objects.get(sku="T-L").value == "XL"


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _delete_product(sku: str) -> None:
    StockMovement.objects.filter(product__sku=sku).delete()
    Product.objects.filter(sku=sku).delete()


CHANGES: dict[str, Callable[[], object]] = {
    "price": lambda: _execute("UPDATE products_product SET price = 11 WHERE sku = 'T'"),
    "name": lambda: Product.objects.filter(sku="T").update(name="Shirt"),
    "option": lambda: _execute("UPDATE products_productvariation SET value = 'S' WHERE sku = 'T-M'"),
    "place": lambda: Product.objects.get(sku="L").categories.add(Category.objects.get(name="Tops")),
    "no place": lambda: _execute("DELETE FROM products_product_categories"),
    "category's name": lambda: _execute("UPDATE products_category SET name = 'Shirts' WHERE name = 'Tops'"),
    "category's parent": lambda: _execute(
        "UPDATE products_category SET parent_id = (SELECT id FROM products_category WHERE name = 'Home')"
        " WHERE name = 'Light'"
    ),
    "variation gone": lambda: ProductVariation.objects.filter(sku="T-L").delete(),
    "product gone": lambda: _delete_product("L"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_since_is_found_whoever_did_it(change: str, known: Path, import_file: ImportFile) -> None:
    CHANGES[change]()

    told = import_file(known, "--dry-run")
    ImportFingerprint.objects.all().delete()

    assert told.out == import_file(known, "--dry-run").out
    assert told.out[-1] != f"dry run, nothing written; would be {UNCHANGED}"


def test_a_variation_that_went_to_another_product_is_noticed(known: Path, import_file: ImportFile) -> None:
    other = ProductFactory.create()
    ProductVariation.objects.filter(sku="T-L").update(product=other)

    told = import_file(known)

    assert told.status == 2
    assert "sku_of_other_product" in told.err[0]


def test_a_picture_is_part_of_the_product(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price,images", "A,Lamp,1.00,")
    import_file(path)
    ProductImage.objects.create(product=Product.objects.get(), image="products/a.jpg")

    assert import_file(path).out == ["1 changed: 0 created, 1 updated, 0 unchanged, 0 refused"]


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ((TEE, TEE_M, TEE_L, LAMP, LAMP), "line 6, column sku"),
        ((TEE, TEE_M, TEE_L, LAMP, "L,,Another lamp,1.00,3,,,"), "line 6, column sku"),
        (("L,,Another lamp,1.00,3,,,", TEE, TEE_M, TEE_L, LAMP), "line 6, column sku"),
    ],
)
def test_a_known_row_and_another_of_the_same_sku(
    lines: tuple[str, ...], refused: str, known: Path, import_file: ImportFile, write_file: WriteFile
) -> None:
    told = import_file(write_file(HEADER, *lines))

    assert (told.status, len(told.err)) == (2, 1)
    assert told.err[0].startswith(refused)
    assert told.err[0].endswith("[repeated_sku]")


def test_a_wrong_row_is_told_once(known: Path, import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file(HEADER, TEE, TEE_M, TEE_L, LAMP, "X,,Wrong,dear,,,,", "Y-M,Y,,,,,Size,M")

    told = import_file(path)

    assert [line.split(",")[0] for line in told.err] == ["line 6", "line 7"]
    assert told.out == ["0 changed: 0 created, 0 updated, 4 unchanged, 2 refused"]


def test_stock_that_differs_is_told_each_time(known: Path, import_file: ImportFile) -> None:
    _execute("UPDATE products_product SET stock_quantity = 2 WHERE sku = 'L'")
    _execute(
        "INSERT INTO products_stockmovement (product_id, delta, reason) SELECT id, -1, 'adjustment'"
        " FROM products_product WHERE sku = 'L'"
    )
    differs = [f"{UNCHANGED}; 1 state another stock than the shop has, which was left as it is"]

    assert import_file(known).out == differs
    assert import_file(known).out == differs


def test_create_skips_what_is_known(known: Path, import_file: ImportFile) -> None:
    assert import_file(known, "--mode", "create").out == [
        "0 changed: 0 created, 0 updated, 0 unchanged, 0 refused, 4 skipped"
    ]


def test_an_undone_import_is_not_remembered(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    path = write_file(HEADER, TEE, TEE_M, TEE_L, LAMP)
    undo_batch(import_file(path).batch)

    assert not ImportFingerprint.objects.exists()
    assert import_file(path).out == ["4 changed: 4 created, 0 updated, 0 unchanged, 0 refused"]


def test_a_dry_run_remembers_nothing(import_file: ImportFile, write_file: WriteFile) -> None:
    import_file(write_file(HEADER, LAMP), "--dry-run")

    assert not ImportFingerprint.objects.exists()
