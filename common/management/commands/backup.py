"""`manage.py backup`: a dump with its manifest, to a folder or S3."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from tqdm import tqdm

from common.backups.taking import take_backup
from common.management.backing import refusing


class Command(BaseCommand):
    help = "Back up the database, with the pictures or a list of them, and drop what is beyond what is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="FOLDER|s3://BUCKET/PREFIX", help="default: BACKUP_TARGET")
        parser.add_argument("--media", action="store_true", help="with the pictures themselves")

    def handle(self, *args: Any, **options: Any) -> None:
        with (
            refusing(),
            tqdm(desc="backup", unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False) as bar,
        ):
            manifest = take_backup(
                target=options["to"] or settings.BACKUP_TARGET,
                with_media=options["media"] or settings.BACKUP_MEDIA,
                progress=lambda count: _count(bar, count),
            )
        self.stdout.write(
            f"{manifest.name}: {sum(manifest.rows.values()):,} rows in {manifest.dump.bytes:,} bytes,"
            f" {manifest.media_files:,} pictures {'included' if manifest.media_included else 'listed'}"
        )


def _count(bar: Any, count: int) -> None:
    bar.update(count)
