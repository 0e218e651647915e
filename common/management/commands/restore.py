"""`manage.py restore`: put a backup in the place of a database, or where there is none yet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from common.backups.restoring import Wish, restore
from common.backups.server import database_at
from common.management.backing import refusing


class Command(BaseCommand):
    help = "Restore a backup. Stop the web servers, workers and beat before; docs/backup.md says what happens."
    requires_system_checks = ()  # the database may be gone
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="path or s3 address of the dump, a name in --in, or newest")
        parser.add_argument("--in", dest="place", metavar="FOLDER|s3://BUCKET/PREFIX", help="default: BACKUP_TARGET")
        parser.add_argument("--into", metavar="DATABASE_URL", help="another database than the shop's")
        parser.add_argument("--over-live", action="store_true", help="replace a database that holds a shop")
        parser.add_argument("--foreign", action="store_true", help="also a backup that was signed with another key")
        parser.add_argument("--media", action="store_true", help="also the pictures that are missing")
        parser.add_argument("--erasures", type=Path, metavar="FILE", help="a list of erasures beside the usual ones")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            wish = Wish(
                named=options["file"],
                target=options["place"] or settings.BACKUP_TARGET,
                into=database_at(options["into"]) if options["into"] else None,
                over_live=options["over_live"],
                foreign=options["foreign"],
                with_media=options["media"],
                erasures=options["erasures"],
            )
            restore(wish, say=self.stdout.write)
        self.stdout.write(self.style.SUCCESS("Restored."))
