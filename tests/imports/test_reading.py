"""Files as merchants' programs write them: encodings, delimiters, line ends, blank columns."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from products.models import Product
from tests.imports.conftest import ImportFile, WriteFile

TABLE = 'sku,name,price\nA,"Crème brûlée, 5 €",1\nB,Übergröße,2\n'
TABLE_NAMES = {"A": "Crème brûlée, 5 €", "B": "Übergröße"}


def _names() -> dict[str, str]:
    return dict(Product.objects.values_list("sku", "name"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_is_found(encoding: str, import_file: ImportFile, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    # A UTF-16 file without a mark is told by its NULs, for which the first lines must be plain enough.
    path.write_bytes((TABLE + "".join(f"C{n},Plain name {n},3\n" for n in range(20))).encode(encoding))

    outcome = import_file(path)

    assert outcome.status == 0
    assert {sku: _names()[sku] for sku in ("A", "B")} == TABLE_NAMES


def test_an_encoding_can_be_named(import_file: ImportFile, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes("sku,name,price\nA,Żółw,1\n".encode("iso-8859-2"))

    import_file(path, "--encoding", "iso-8859-2")

    assert _names() == {"A": "Żółw"}


def test_a_stray_byte_in_a_utf8_file_refuses_its_row_only(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price", "A,Crème brûlée,1", "B,Caf\udce9,2", "C,Übergröße,3")

    outcome = import_file(path)

    assert outcome.status == 2
    assert outcome.err == [
        r"line 3, value 'Caf\udce9': holds bytes that the file's encoding does not know [bad_encoding]"
    ]
    assert _names() == {"A": "Crème brûlée", "C": "Übergröße"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_delimiter_is_found(delimiter: str, line_end: str, import_file: ImportFile, tmp_path: Path) -> None:
    rows = [["SKU", "Name", "Price"], ["A", '"One, two; three"', '"1,50"']]
    path = tmp_path / "products.csv"
    path.write_bytes(line_end.join(delimiter.join(row) for row in rows).encode())

    import_file(path)

    assert list(Product.objects.values_list("sku", "name", "price")) == [("A", "One, two; three", Decimal("1.50"))]


def test_blank_columns_at_the_end_are_none(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file("sku,name,price,,", "A,A,1,,", "B,B,2,x,"))

    assert outcome.err == ["line 3, value '': the header has 3 columns, this row 5 [ragged_row]"]
    assert _names() == {"A": "A"}


def test_a_quote_that_never_ends_costs_only_what_it_swallows(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price", "A,A,1", 'B,"B,2', "C,C,3")

    outcome = import_file(path)

    assert outcome.status == 2
    assert [line.partition(":")[0] for line in outcome.err] == ["line 3, value ''"]
    assert _names() == {"A": "A"}


def test_a_cell_beyond_all_measure_refuses_its_row_only(import_file: ImportFile, write_file: WriteFile) -> None:
    path = write_file("sku,name,price,description", f"A,A,1,{'x' * 1_000_001}", "B,B,2,short")

    outcome = import_file(path)

    assert [line.rpartition("[")[2] for line in outcome.err] == ["unreadable_row]"]
    assert _names() == {"B": "B"}


def test_a_gzipped_file(import_file: ImportFile, tmp_path: Path) -> None:
    path = tmp_path / "products.csv.gz"
    path.write_bytes(gzip.compress(TABLE.encode()))

    import_file(path)

    assert _names() == TABLE_NAMES
