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
    """What a command left: its exit status and what it printed."""

    status: int
    out: list[str]
    err: list[str]


ImportFile = Callable[..., Outcome]
WriteFile = Callable[..., Path]


@pytest.fixture
def import_file(db: None) -> ImportFile:
    def run(path: Path, *options: str) -> Outcome:
        out, err = StringIO(), StringIO()
        status = 0
        try:
            call_command("import_products", str(path), *options, stdout=out, stderr=err)
        except SystemExit as error:
            status = int(str(error.code))
        except CommandError as error:
            status = error.returncode
            err.write(str(error))
        return Outcome(status, out.getvalue().splitlines(), err.getvalue().splitlines())

    return run


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
