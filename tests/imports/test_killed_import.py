"""An import that dies half-way leaves nothing behind; run again, it comes to the same end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from products.models import Category, Product, StockMovement
from tests.imports.conftest import LIVOSTYLE, ImportFile

CHECKOUT = Path(__file__).parent.parent.parent


def _import_in_a_process_of_its_own(media: Path, failpoints: str) -> int:
    database = connection.settings_dict
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    command = [sys.executable, "manage.py", "import_products", str(LIVOSTYLE / "products.csv")]
    finished = subprocess.run(
        [*command, "--images", str(LIVOSTYLE)],
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
@pytest.mark.parametrize("place", ["import.after_staging", "import.after_products", "import.before_commit"])
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
