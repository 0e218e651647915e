"""`manage.py sweep_pictures`: removes picture files that nothing points to; docs/catalogue.md says when."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import StorageUnavailable
from products.services.sweeping import YOUNG_HOURS, sweep_pictures


class Command(BaseCommand):
    help = "Delete picture files that no product, and no import that can be undone, points to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print what would be deleted, delete nothing")
        parser.add_argument(
            "--hours", type=int, default=YOUNG_HOURS, help=f"leave alone what is younger; {YOUNG_HOURS} unless given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        try:
            swept = sweep_pictures(dry_run=dry_run, young_hours=options["hours"], told=self.stdout.write)
        except StorageUnavailable as error:
            raise CommandError(f"stopped: {error.detail}") from error
        told = f"{swept.files} files, {swept.size:,} bytes"
        self.stdout.write(f"dry run, nothing deleted; would be {told}" if dry_run else f"deleted: {told}")
