"""`manage.py import_inventory`: stock feeds by count and by change, which never bring back what was sold."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from common.failpoints import FailpointReached
from common.imports import blocks
from common.integrity import run_checks
from common.models import ImportBatch, ImportChange
from products.models import Product, ProductVariation, StockFeed, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory, VariationFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile, row_versions


def level(sku: str) -> int:
    found = Product.objects.filter(sku=sku) or ProductVariation.objects.filter(sku=sku)
    return found.values_list("stock_quantity", flat=True).get()


def sell(sku: str, quantity: int = 1) -> None:
    product = Product.objects.get(sku=sku)
    with transaction.atomic():
        stock.take(demand={StockKey(product.id, None): quantity}, order_number="SOLD")


def moved() -> list[tuple[str, int, str]]:
    movements = StockMovement.objects.filter(reason__in=["feed", "adjustment"]).order_by("id")
    return [(sku, delta, note) for sku, delta, note in movements.values_list("product__sku", "delta", "note")]


def assert_books_are_right() -> None:
    assert [result for result in run_checks() if result.breaches and result.name.startswith("products.")] == []


def ago(**duration: int) -> str:
    return (timezone.now() - timedelta(**duration)).isoformat()


def test_a_count_is_booked_with_who_and_why(import_inventory: ImportFile, write_file: WriteFile) -> None:
    UserFactory.create(email="ada@example.com")
    ProductFactory.create(sku="A", stock=4)
    small = VariationFactory.create(sku="B-S", stock=1)
    path = write_file("sku,quantity,expected_quantity,reason", "A,9,4,Delivery 7", "B-S,0,1,")

    outcome = import_inventory(path, "--actor", "ada@example.com")

    assert outcome.out == ["2 changed: 0 created, 2 updated, 0 unchanged, 0 refused"]
    assert (level("A"), level("B-S"), level(small.product.sku)) == (9, 0, 0)
    movement = StockMovement.objects.get(product__sku="A", reason="feed")
    assert (movement.delta, movement.note, movement.actor.email) == (5, "Delivery 7", "ada@example.com")  # type: ignore[union-attr]
    batch = ImportBatch.objects.get()
    assert (batch.subject, batch.updated_count, batch.actor) == ("inventory", 2, movement.actor)
    assert_books_are_right()


def test_the_same_file_again_writes_nothing(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=4)
    ProductFactory.create(sku="B", stock=4)
    path = write_file(
        "sku,quantity,counted_at,expected_quantity,low_stock_threshold", f"A,9,{ago(minutes=0)},,3", "B,5,,4,"
    )
    import_inventory(path)
    versions = row_versions()

    outcome = import_inventory(path)

    assert outcome.out == ["0 changed: 0 created, 0 updated, 2 unchanged, 0 refused"]
    assert row_versions() == versions
    assert ImportBatch.objects.count() == 1


def test_what_moved_after_the_count_is_applied_on_top(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=10)
    counted_at = timezone.now()
    sell("A", 3)

    import_inventory(write_file("sku,quantity,counted_at", f"A,12,{counted_at.isoformat()}"))

    assert level("A") == 9
    sell("A", 1)
    import_inventory(write_file("sku,quantity,counted_at", f"A,12,{counted_at.isoformat()}"))
    assert level("A") == 8
    assert_books_are_right()


def test_the_time_of_the_count_may_hold_for_the_file(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=10)
    counted_at = timezone.now().isoformat()
    sell("A", 3)

    outcome = import_inventory(write_file("sku,quantity", "A,10"), "--counted-at", counted_at)

    assert outcome.out == ["0 changed: 0 created, 0 updated, 1 unchanged, 0 refused"]
    assert level("A") == 7


def test_an_opening_after_the_count_is_what_the_count_corrects(
    import_inventory: ImportFile, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="A", stock=10)

    import_inventory(write_file("sku,quantity,counted_at", f"A,12,{ago(hours=1)}"))

    assert level("A") == 12


def test_an_older_count_does_not_replace_a_later_one(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=10)
    import_inventory(write_file("sku,quantity,counted_at", f"A,12,{ago(minutes=5)}"))

    outcome = import_inventory(write_file("sku,quantity,counted_at", f"A,8,{ago(minutes=10)}"))

    assert outcome.status == 2
    assert outcome.err == ["line 2, column quantity, value '8': the stock was set by a later count [count_overtaken]"]
    assert level("A") == 12


def test_a_bare_quantity_needs_set(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=10)
    path = write_file("sku,quantity", "A,12")

    refused = import_inventory(path)

    assert refused.status == 2
    assert refused.err[0].endswith("say expected_quantity, counted_at or --set [unsafe_quantity]")
    assert level("A") == 10
    assert import_inventory(path, "--set").status == 0
    assert level("A") == 12


def test_an_unedited_row_of_an_export_wishes_nothing(
    import_inventory: ImportFile, tmp_path: Path, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="A", stock=10)
    ProductFactory.create(sku="B", stock=10)
    VariationFactory.create(sku="C-S", product=ProductFactory.create(sku="C", stock=0), stock=2)
    exported = tmp_path / "levels.csv"
    call_command("export_inventory", str(exported))
    assert exported.read_text().splitlines() == [
        "sku,quantity,expected_quantity,low_stock_threshold",
        "A,10,10,10",
        "B,10,10,10",
        "C,,,10",
        "C-S,2,2,",
    ]
    sell("A", 3)
    sell("B", 3)
    edited = write_file(*exported.read_text().replace("B,10,10,10", "B,20,10,10").splitlines())

    outcome = import_inventory(edited)

    assert outcome.err == ["line 3, column expected_quantity, value '10': the stock is 7 [stock_changed]"]
    assert outcome.out == ["0 changed: 0 created, 0 updated, 3 unchanged, 1 refused"]
    assert (level("A"), level("B")) == (7, 7)


REFUSED = [
    ("A,5,4,,,,", "expected_quantity", "stock_changed"),
    ("NONE,5,4,,,,", "sku", "unknown_sku"),
    (",5,4,,,,", "sku", "required"),
    ("A,-5,4,,,,", "quantity", "negative"),
    ("A,five,4,,,,", "quantity", "not_a_number"),
    ("A,,,,-11,,", "delta", "out_of_stock"),
    ("A,,,,1.5,,", "delta", "not_an_integer"),
    ("A,,,,1999999999,,", "delta", "too_many_units"),
    ("A,5,,,1,,", "delta", "quantity_or_delta"),
    ("A,,4,,1,,", "expected_quantity", "quantity_missing"),
    ("A,5,4,2026-01-01T10:00Z,,,", "counted_at", "expected_or_counted"),
    ("A,5,,2999-01-01T10:00Z,,,", "quantity", "in_the_future"),
    ("A,5,,2026-01-01,,,", "counted_at", "not_a_time"),
    ("A,5,,yesterday,,,", "counted_at", "not_a_time"),
    ("V,5,0,,,,", "quantity", "variation_required"),
    ("V-S,,,,,,3", "low_stock_threshold", "threshold_of_product"),
    ("A,,,,1,,", "sku", "ragged_row"),
]


@pytest.mark.parametrize(("row", "column", "code"), REFUSED)
def test_refused_rows(row: str, column: str, code: str, import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=10)
    ProductFactory.create(sku="FINE", stock=1)
    VariationFactory.create(sku="V-S", product=ProductFactory.create(sku="V", stock=0), stock=0)
    row = row if code != "ragged_row" else "A,1"
    header = "sku,quantity,expected_quantity,counted_at,delta,reason,low_stock_threshold"

    outcome = import_inventory(write_file(header, row, "FINE,,,,2,,"))

    assert outcome.status == 2
    (told,) = outcome.err
    assert told.startswith("line 2, ")
    assert told.endswith(f"[{code}]")
    assert f"column {column}, " in told or code == "ragged_row"
    assert (level("A"), level("FINE")) == (10, 3)


def test_changes_of_one_sku_add_up(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=1)
    ProductFactory.create(sku="B", stock=1)

    outcome = import_inventory(write_file("sku,delta", "A,-3", "B,-2", "A,4", "B,-1"))

    assert level("A") == 2
    assert moved() == [("A", 1, "")]
    assert outcome.out == ["1 changed: 0 created, 1 updated, 0 unchanged, 2 refused"]
    assert [line.split(",")[0] for line in outcome.err] == ["line 3", "line 5"]
    assert level("B") == 1


def test_a_repeated_quantity_is_refused_each_time(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=1)

    outcome = import_inventory(write_file("sku,quantity", "A,3", "A,4"), "--set")

    assert outcome.err == [
        "line 2, column sku, value 'A': the SKU stands 2 times, first in line 2 [repeated_sku]",
        "line 3, column sku, value 'A': the SKU stands 2 times, first in line 2 [repeated_sku]",
    ]
    assert level("A") == 1


def test_changes_count_once(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=1)
    path = write_file("sku,delta", "A,5")
    import_inventory(path)

    again = import_inventory(write_file("sku,delta", "A,5", name="other-name.csv"))

    assert again.out == [
        "its changes were booked by an earlier run and are not counted twice; --again counts them once more",
        "0 changed: 0 created, 0 updated, 0 unchanged, 0 refused, 1 skipped",
    ]
    assert level("A") == 6
    import_inventory(path, "--again")
    assert level("A") == 11


def test_equal_feeds_with_ids_of_their_own_both_count(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=1)
    path = write_file("sku,delta", "A,5")

    for feed in ("monday", "tuesday", "tuesday"):
        import_inventory(path, "--feed-id", feed)

    assert level("A") == 11
    other = import_inventory(write_file("sku,delta", "A,6"), "--feed-id", "monday")
    assert (other.status, level("A")) == (1, 11)


def test_a_feed_killed_between_blocks_goes_on_where_it_was(
    import_inventory: ImportFile, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 2)
    for sku in "ABCDE":
        ProductFactory.create(sku=sku, stock=10)
    path = write_file("sku,delta", "A,1", "B,1", "C,1", "D,1", "E,1")
    with override_settings(FAILPOINTS="feed.after_block=raise"), pytest.raises(FailpointReached):
        import_inventory(path)
    assert [level(sku) for sku in "ABCDE"] == [11, 11, 10, 10, 10]

    outcome = import_inventory(path)

    assert [level(sku) for sku in "ABCDE"] == [11, 11, 11, 11, 11]
    assert outcome.out[-1] == "3 changed: 0 created, 3 updated, 0 unchanged, 0 refused, 2 skipped"
    assert (ImportBatch.objects.get().updated_count, ImportChange.objects.count()) == (5, 5)
    assert StockFeed.objects.get().finished_at is not None


def test_dry_run_tells_the_difference_and_writes_nothing(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=4)
    ProductFactory.create(sku="B", stock=4)
    versions = row_versions()

    outcome = import_inventory(
        write_file("sku,quantity,delta,expected_quantity,low_stock_threshold", "A,9,,4,2", "B,,-5,,", "B,,2,,"),
        "--dry-run",
    )

    assert outcome.out == [
        "line 2: update stock A stock_quantity: 4 -> 9; low_stock_threshold: 10 -> 2",
        "line 3: update stock B stock_quantity: 4 -> 1",
        "dry run, nothing written; would be 2 changed: 0 created, 2 updated, 0 unchanged, 0 refused",
    ]
    assert row_versions() == versions
    assert not StockFeed.objects.exists()


def test_shopifys_places_add_up(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="T-S", stock=4)
    ProductFactory.create(sku="T-M", stock=4)
    ProductFactory.create(sku="T-L", stock=4)
    header = (
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,"
        "Location,Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),"
        "Available (not editable),On hand (current),On hand (new)"
    )
    row = "tee,Tee,Size,{size},,,,,T-{size},,,{place},,0,0,1,{available},9,"
    path = write_file(
        header,
        row.format(size="S", place="Berlin", available=3),
        row.format(size="S", place="Paris", available=5),
        row.format(size="M", place="Berlin", available="not stocked"),
        row.format(size="M", place="Paris", available=-2),
        row.format(size="L", place="Berlin", available="many"),
        row.format(size="L", place="Paris", available=7),
    )

    outcome = import_inventory(path, "--counted-at", timezone.now().isoformat())

    assert (level("T-S"), level("T-M"), level("T-L")) == (8, 0, 4)
    assert [line.rpartition(" ")[2] for line in outcome.err] == ["[not_a_number]", "[part_refused]"]
    assert outcome.out == ["2 changed: 0 created, 2 updated, 0 unchanged, 2 refused"]


@pytest.mark.parametrize("header", ["seller-sku,available", "SKU;Qty", "Variant SKU,Variant Inventory Qty"])
def test_common_names_of_columns(header: str, import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=4)

    import_inventory(write_file(header, "A;7" if ";" in header else "A,7"), "--set")

    assert level("A") == 7


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("name,quantity", ()),
        ("sku,quantity,colour", ()),
        ("sku,name", ()),
        ("sku,quantity,quantity", ()),
        ("sku,quantity", ("--mode", "create")),
        ("sku,quantity", ("--set", "--counted-at", "2026-01-01T10:00Z")),
        ("sku,quantity", ("--counted-at", "noon")),
    ],
)
def test_refused_files(
    header: str, options: tuple[str, ...], import_inventory: ImportFile, write_file: WriteFile
) -> None:
    outcome = import_inventory(write_file(header, "A,1,2"[: 2 * header.count(",") + 1]), *options)

    assert outcome.status == 1
    assert outcome.err[0].startswith("nothing imported: ")


def test_what_is_not_in_the_shop_may_be_skipped(import_inventory: ImportFile, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=4)

    outcome = import_inventory(write_file("sku,delta", "A,1", "OTHER,1"), "--mode", "update")

    assert (outcome.status, level("A")) == (0, 5)
    assert outcome.out == ["1 changed: 0 created, 1 updated, 0 unchanged, 0 refused, 1 skipped"]


def test_refused_rows_come_back_as_a_file(import_inventory: ImportFile, write_file: WriteFile, tmp_path: Path) -> None:
    ProductFactory.create(sku="A", stock=4)
    errors = tmp_path / "errors.csv"

    import_inventory(write_file("SKU,Delta,Note", "A,-3,x", "A,-2,y"), "--errors", str(errors))

    assert errors.read_text().splitlines() == [
        "error,SKU,Delta,Note",
        '"Delta: there are 4, which is 1 too few [out_of_stock]",A,-3,x',
        '"Delta: there are 4, which is 1 too few [out_of_stock]",A,-2,y',
    ]
    mended = errors.read_text().replace("A,-3", "A,-1")
    assert import_inventory(write_file(*mended.splitlines())).status == 0
    assert level("A") == 1


def test_undo_moves_levels_back(import_inventory: ImportFile, undo_batch: UndoBatch, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", stock=4)
    ProductFactory.create(sku="B", stock=4)
    ProductFactory.create(sku="C", stock=4)
    VariationFactory.create(sku="V-S", stock=4)
    header = "sku,quantity,expected_quantity,low_stock_threshold"
    batch = import_inventory(write_file(header, "A,9,4,3", "B,9,4,", "C,2,4,", "V-S,0,4,")).batch
    sell("A", 2)
    sell("B", 6)

    outcome = undo_batch(batch)

    assert outcome.out == [
        "line 2: put back product A low_stock_threshold: 3 -> 10, stock_quantity: 9 -> 4",
        "line 3: left product B (stock_quantity: there are 3, which is 2 too few)",
        "line 4: put back product C stock_quantity: 2 -> 4",
        "line 5: put back variation V-S stock_quantity: 0 -> 4",
        "3 put back, 1 left",
    ]
    assert [level(sku) for sku in ("A", "B", "C", "V-S")] == [2, 3, 4, 4]
    assert Product.objects.get(sku="A").low_stock_threshold == 10
    assert_books_are_right()


@pytest.mark.parametrize("column", ["delta", "quantity"])
def test_an_undone_feed_may_be_sent_again(
    column: str, import_inventory: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="A", stock=4)
    options = ("--counted-at", datetime.now().astimezone().isoformat()) if column == "quantity" else ()
    path = write_file(f"sku,{column}", "A,9")
    batch = import_inventory(path, *options).batch
    fed = level("A")
    undo_batch(batch)
    assert level("A") == 4

    import_inventory(path, *options)

    assert level("A") == fed
