"""`manage.py export_products`: writes the catalogue as a native CSV file; docs/import.md describes it."""

import csv
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from products.imports.exporting import export_rows
from products.imports.formats.native import COLUMNS


class Command(BaseCommand):
    requires_system_checks = ()  # they would load the web's half of the project: time and memory for nothing
    help = "Export the catalogue as CSV to a file or, without one, to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        try:
            with path.open("w", encoding="utf-8", newline="") if path else nullcontext(self.stdout) as out:
                writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(export_rows())
        except OSError as error:
            raise CommandError(f"{path or 'standard output'}: {error.strerror}") from error
