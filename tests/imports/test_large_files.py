"""The demo catalogue and a long file: time, peak memory, and that a second import changes nothing."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from common.models import ImportBatch
from products.models import Product

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CHECKOUT = Path(__file__).parent.parent.parent
DEMO = CHECKOUT / "demo" / "data"
# Prints what the command cost itself: processor seconds, which neighbours on the machine do not change, and the peak
# of its memory in MiB.
MEASURED = """
import resource, sys
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(["manage.py", *sys.argv[1:]])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    # ru_maxrss would begin with the size of the process that started this one; VmHWM begins at exec.
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print(used.ru_utime + used.ru_stime, int(status["VmHWM"].split()[0]) // 1024)
"""


def _measure(media: Path, *arguments: str) -> tuple[float, int, str]:
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    settings = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings.test", "TMPDIR": str(media)}
    finished = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    *told, cost = finished.stdout.splitlines()
    seconds, peak = cost.split()
    return float(seconds), int(peak), told[-1]


def test_the_demo_catalogue_with_its_pictures(tmp_path: Path) -> None:
    command = ("import_products", str(DEMO / "catalogue.csv.gz"), "--images", str(DEMO / "pictures.zip"))

    seconds, peak, told = _measure(tmp_path, *command)
    _, _, told_again = _measure(tmp_path, *command)

    assert told.endswith("changed: 3246 created, 0 updated, 0 unchanged, 0 refused")
    assert told_again == "0 changed: 0 created, 0 updated, 3246 unchanged, 0 refused"
    assert Product.objects.count() == 1200
    assert seconds < 10
    assert peak < 150


def test_memory_stays_flat_over_a_long_file(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["sku", "name", "price", "description", "categories"])
        writer.writerows([f"S{n}", f"Name {n}", "9.90", "word " * 200, f"Group > G{n % 50}"] for n in range(50_000))

    _, peak, told = _measure(tmp_path, "import_products", str(path))

    assert told.startswith("50000 changed: 50000 created")
    assert peak < 150

    _, peak, told = _measure(tmp_path, "import_undo", str(ImportBatch.objects.get().id))

    assert told == "50051 put back, 0 left"
    assert peak < 150
    assert not Product.objects.exists()


def test_memory_stays_flat_over_a_long_export_by_product(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Handle", "Title", "Body (HTML)", "Option1 Name", "Option1 Value", "Variant Price"])
        writer.writerows([f"p-{n}", f"Name {n}", f"<p>{'word ' * 200}</p>", "Size", "S", "9.90"] for n in range(20_000))
        writer.writerows([f"p-{n}", "", "", "", "M", "10.90"] for n in range(20_000))

    _, peak, told = _measure(tmp_path, "import_products", str(path))

    assert told.startswith("60000 changed: 60000 created")
    assert peak < 150
