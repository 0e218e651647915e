"""A command line for imports, files made on the spot, and the catalogue as plain tuples."""

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

LIVOSTYLE = Path(__file__).parent.parent / "data" / "livostyle-fashion"


@dataclass
class Outcome:
    """What a command left: its exit status, what it printed, and the number of an import's batch, if any."""

    status: int
    out: list[str]
    err: list[str]
    batch: int = 0


ImportFile = Callable[..., Outcome]
UndoBatch = Callable[..., Outcome]
WriteFile = Callable[..., Path]


@pytest.fixture
def import_file(db: None) -> ImportFile:
    return lambda path, *options: _import("products", path, *options)


@pytest.fixture
def import_customers(db: None) -> ImportFile:
    return lambda path, *options: _import("customers", path, *options)


@pytest.fixture
def import_orders(db: None) -> ImportFile:
    return lambda path, *options: _import("orders", path, *options)


@pytest.fixture
def import_inventory(db: None) -> ImportFile:
    return lambda path, *options: _import("inventory", path, *options)


@pytest.fixture
def import_categories(db: None) -> ImportFile:
    return lambda path, *options: _import("categories", path, *options)


def _import(subject: str, path: Path, *options: str) -> Outcome:
    outcome = _call(f"import_{subject}", str(path), *options)
    if (place := _place_of_batch(outcome.out)) is not None:
        outcome.batch = int(outcome.out.pop(place).split(";")[0].removeprefix("batch "))
    return outcome


@pytest.fixture
def undo_batch(db: None) -> UndoBatch:
    return lambda batch, *options: _call("import_undo", str(batch), *options)


def _call(*command: str) -> Outcome:
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command(*command, stdout=out, stderr=err)
    except SystemExit as error:
        status = int(str(error.code))
    except CommandError as error:
        status = error.returncode
        err.write(str(error))
    return Outcome(status, out.getvalue().splitlines(), err.getvalue().splitlines())


def _place_of_batch(lines: list[str]) -> int | None:
    return next((place for place, line in enumerate(lines) if line.startswith("batch ")), None)


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    def write(*lines: str, encoding: str = "utf-8", name: str = "products.csv") -> Path:
        path = tmp_path / name
        path.write_bytes("\n".join([*lines, ""]).encode(encoding, "surrogateescape"))
        return path

    return write


def row_versions() -> dict[str, list[tuple[object, ...]]]:
    """The physical version of every catalogue row: a write that changes nothing would still show here."""
    tables = (
        *("products_product", "products_productlisting", "products_productvariation", "products_productimage"),
        *("products_category", "products_product_categories", "products_stockmovement"),
    )
    with connection.cursor() as cursor:
        versions = {}
        for table in tables:
            cursor.execute(f"SELECT ctid::text, xmin::text, {table}::text FROM {table} ORDER BY 1")
            versions[table] = cursor.fetchall()
    return versions
