"""An import that dies half-way leaves nothing behind; run again, it comes to the same end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from products.models import Category, Product, StockMovement
from tests.benchmarks.catalogue_file import write_catalogue
from tests.imports.conftest import LIVOSTYLE, ImportFile, row_versions

# Kills itself, as the kernel does, when it is about to send the statement of this number.
KILLED_AT = """
import os, signal, sys
import django
from django.core.management import execute_from_command_line
django.setup()
from django.db import connection
left = int(sys.argv[1])
def count(execute, *call):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(*call)
with connection.execute_wrapper(count):
    execute_from_command_line(["manage.py", "import_products", *sys.argv[2:]])
"""
STRIDE = 13  # statements between two kills
CHECKOUT = Path(__file__).parent.parent.parent


def _import_in_a_process_of_its_own(media: Path, failpoints: str) -> int:
    command = ["manage.py", "import_products", str(LIVOSTYLE / "products.csv"), "--images", str(LIVOSTYLE)]
    return _run(command, media, failpoints)


def _run(command: list[str], media: Path, failpoints: str = "") -> int:
    database = connection.settings_dict
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    finished = subprocess.run(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "TMPDIR": str(media),
            "FAILPOINTS": failpoints,
        },
        capture_output=True,
        check=False,
        timeout=60,
    )
    return finished.returncode


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "place",
    [
        pytest.param("import.after_staging", marks=pytest.mark.slow),
        pytest.param("import.before_products", marks=pytest.mark.slow),
        "import.after_products",
        pytest.param("import.before_commit", marks=pytest.mark.slow),
    ],
)
def test_killed_and_run_again(place: str, import_file: ImportFile, tmp_path: Path) -> None:
    killed = _import_in_a_process_of_its_own(tmp_path, f"{place}=exit")
    left = (Product.objects.count(), Category.objects.count(), StockMovement.objects.count())

    finished = _import_in_a_process_of_its_own(tmp_path, "")

    assert (killed, left) == (137, (0, 0, 0))
    assert finished == 2  # one of the thumbnails is cut off
    assert Product.objects.count() == 9
    assert StockMovement.objects.count() == 8
    assert import_file(LIVOSTYLE / "products.csv", "--mode", "update").out == [
        "0 changed: 0 created, 0 updated, 9 unchanged, 0 refused, 1 skipped"
    ]


def _kill_later_and_later(path: Path, media: Path) -> int:
    """Kill the import later and later until it comes to its end before; returns how many times it was killed."""
    before, kills = row_versions(), 0
    while status := _run(["-c", KILLED_AT, str(1 + STRIDE * kills), str(path)], media):
        assert status == -signal.SIGKILL
        assert row_versions() == before
        kills += 1
    return kills


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_statement(import_file: ImportFile, tmp_path: Path) -> None:
    """A file of new products, then one that changes some of them and knows the others."""
    new, changed = tmp_path / "new.csv", tmp_path / "changed.csv"
    write_catalogue(new, products=40)
    changed.write_text(new.read_text().replace(",true,,Department 1", ",false,,Department 2"))

    assert _kill_later_and_later(new, tmp_path) > 5
    assert import_file(new).out == ["0 changed: 0 created, 0 updated, 48 unchanged, 0 refused"]

    assert _kill_later_and_later(changed, tmp_path) > 2
    assert import_file(changed).out == ["0 changed: 0 created, 0 updated, 48 unchanged, 0 refused"]
    assert Product.objects.filter(is_active=False).exists()
