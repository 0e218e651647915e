"""`manage.py settle_restored`: what `restore` does at its end, for a database that was recovered by other means."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.backups.restoring import settle_recovered
from common.management.backing import refusing


class Command(BaseCommand):
    help = "Have a database that was recovered to a point in time go on safely. Before web servers and workers start."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of", required=True, metavar="TIME", help="the point, such as 2026-03-01T12:00:00+00:00"
        )
        parser.add_argument("--in", dest="place", metavar="FOLDER|s3://BUCKET/PREFIX", help="default: BACKUP_TARGET")
        parser.add_argument("--erasures", type=Path, metavar="FILE", help="a list of erasures beside the usual one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moment = datetime.fromisoformat(options["as_of"])
        except ValueError as error:
            raise CommandError(f"--as-of is no time: {options['as_of']}") from error
        if moment.tzinfo is None:
            raise CommandError("--as-of needs its offset, such as +00:00")
        with refusing():
            settle_recovered(
                moment,
                target=options["place"] or settings.BACKUP_TARGET,
                given=options["erasures"],
                say=self.stdout.write,
            )
        self.stdout.write(self.style.SUCCESS("Settled."))
