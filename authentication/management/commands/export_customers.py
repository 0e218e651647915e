"""`manage.py export_customers`: writes the customers as a CSV file that `import_customers` reads."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

from authentication.imports.exporting import export_rows
from common.management.importing import ExportCommand


class Command(ExportCommand):
    help = "Export customers and their addresses as CSV."
    subject_name = "customers"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--with-password-hashes",
            action="store_true",
            help="for moving to another shop: keep the file as safe as the database",
        )

    def rows(self, options: dict[str, Any]) -> Iterator[Sequence[str]]:
        return export_rows(with_password_hashes=options["with_password_hashes"])
