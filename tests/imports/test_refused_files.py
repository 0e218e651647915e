"""Files that are refused as a whole: one clear line, exit status 1, nothing written."""

import gzip
from pathlib import Path

import pytest

from products.models import Product
from tests.imports.conftest import ImportFile, WriteFile


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["sku,name,price,colour,siize", "A,A,1,red,L"], "unknown columns for the native format: colour, siize."),
        (["title,amount", "A,1"], "no known format has these columns: title, amount"),
        (["sku,name,price,Name", "A,A,1,B"], "columns stand more than once: name"),
        ([""], "the file is empty or its first line is blank"),
    ],
)
def test_a_header_that_is_not_understood(
    lines: list[str], reason: str, import_file: ImportFile, write_file: WriteFile
) -> None:
    outcome = import_file(write_file(*lines))

    assert outcome.status == 1
    assert len(outcome.err) == 1
    assert outcome.err[0].startswith(f"nothing imported: {reason}")
    assert not Product.objects.exists()


def test_a_file_that_is_not_there(import_file: ImportFile, tmp_path: Path) -> None:
    outcome = import_file(tmp_path / "none.csv")

    assert outcome.status == 1
    assert outcome.err == [f"nothing imported: {tmp_path}/none.csv: No such file or directory"]


def test_a_folder_in_place_of_a_file(import_file: ImportFile, tmp_path: Path) -> None:
    outcome = import_file(tmp_path)

    assert outcome.status == 1
    assert outcome.err == [f"nothing imported: {tmp_path}: Is a directory"]


def test_the_wrong_format(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file("sku,name,price", "A,A,1"), "--format", "livostyle")

    assert outcome.status == 1
    missing = "category_full_path, handle, id, price_min_usd, title"
    assert outcome.err == [f"nothing imported: this is not a livostyle file: it has no column {missing}"]


def test_an_encoding_that_does_not_exist(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file("sku,name,price", "A,A,1"), "--encoding", "klingon")

    assert outcome.status == 1
    assert outcome.err == ["nothing imported: there is no encoding 'klingon'"]


def test_an_archive_that_breaks_off(import_file: ImportFile, tmp_path: Path) -> None:
    rows = "".join(f"A{n},Name {n},{n}\n" for n in range(5000))
    path = tmp_path / "products.csv.gz"
    path.write_bytes(gzip.compress(f"sku,name,price\n{rows}".encode())[:-2000])

    outcome = import_file(path)

    assert outcome.status == 1
    assert len(outcome.err) == 1
    assert not Product.objects.exists()


def test_pictures_that_are_no_archive(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price", "A,A,1")

    outcome = import_file(path, "--images", str(path))

    assert outcome.status == 1
    assert outcome.err == [f"nothing imported: {path} is neither a folder nor a ZIP or TAR file of pictures"]


def test_errors_do_not_overwrite_what_is_read(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price", "A,A,x")

    outcome = import_file(path, "--errors", str(path))

    assert outcome.status == 1
    assert outcome.err == ["nothing imported: --errors names the very file that is read"]
    assert path.read_text() == "sku,name,price\nA,A,x\n"
