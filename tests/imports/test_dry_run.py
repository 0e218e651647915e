"""`--dry-run`: tells the difference row by row and writes nothing."""

from pathlib import Path

from pytest_django import Settings

from products.models import Product
from tests.imports.conftest import LIVOSTYLE, ImportFile, WriteFile, row_versions


def test_differences_are_told_and_nothing_is_written(import_file: ImportFile, write_file: WriteFile) -> None:
    header = "sku,parent_sku,name,price,compare_price,stock_quantity,categories,option_name,option_value"
    import_file(write_file(header, "A,,A,5,,3,Hats,,", "B,,B,5,9,3,Hats,,"))
    before = row_versions()

    outcome = import_file(
        write_file(
            header,
            "A,,A,5.50,,4,Hats > Sun Hats,,",
            "B,,B,5,,3,Hats,,",
            "B-S,B,,,,1,,Size,S",
            "C,,C,1,,,,,",
            "D,,,1,,,,,",
        ),
        "--dry-run",
    )

    assert outcome.out == [
        "line 2: update product A price: 5.0 -> 5.5; categories: [['Hats']] -> [['Hats', 'Sun Hats']]",
        "line 3: update product B compare_price: 9.0 -> None",
        (
            "line 4: create variation B-S option_name: None -> 'Size'; option_value: None -> 'S'; "
            "stock_quantity: None -> 1"
        ),
        "line 5: create product C name: None -> 'C'; price: None -> 1.0",
        "line 2: stock_differs product A stock_quantity: 3 -> 4 (left as it is)",
        (
            "dry run, nothing written; would be 4 changed: 2 created, 2 updated, 0 unchanged, 1 refused; "
            "1 state another stock than the shop has, which was left as it is"
        ),
    ]
    assert outcome.err == ["line 6, column name, value '': must not be blank [required]"]
    assert outcome.status == 2
    assert row_versions() == before


def test_pictures_stay_where_they_are(import_file: ImportFile, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"

    outcome = import_file(LIVOSTYLE / "products.csv", "--images", str(LIVOSTYLE), "--dry-run")

    assert outcome.out[-1].startswith("dry run, nothing written; would be 9 changed: 9 created")
    assert not Product.objects.exists()
    assert not (tmp_path / "media").exists()
