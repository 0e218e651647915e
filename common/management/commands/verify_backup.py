"""`manage.py verify_backup`: restore a backup into a scratch database and prove it there."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from common.backups.opening import NEWEST
from common.backups.verifying import verify_backup
from common.management.backing import refusing


class Command(BaseCommand):
    help = "Restore a backup into a scratch database, count its rows, prove its books, and drop it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default=NEWEST, help="path, s3 address, name in --in, or newest")
        parser.add_argument("--in", dest="place", metavar="FOLDER|s3://BUCKET/PREFIX", help="default: BACKUP_TARGET")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            manifest = verify_backup(named=options["file"], target=options["place"] or settings.BACKUP_TARGET)
        self.stdout.write(
            self.style.SUCCESS(
                f"{manifest.name} restores: {sum(manifest.rows.values()):,} rows, and its books are right"
            )
        )
