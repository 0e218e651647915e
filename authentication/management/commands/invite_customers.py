"""`manage.py invite_customers`: asks imported customers without a password to choose one; see docs/import.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from authentication.services.invitations import invite_imported, to_be_invited
from common.errors import NotFound


class Command(BaseCommand):
    help = "Mail a link to each customer of an import who has no password, to choose one. A second run mails nobody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("batch", type=int, help="number of the batch, as import_customers tells it")
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and mail nobody")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = to_be_invited(batch_id=options["batch"]).count()
        except NotFound as error:
            raise CommandError(f"nobody invited: there is no batch {options['batch']} of customers") from error
        if options["dry_run"]:
            self.stdout.write(f"dry run, nobody mailed; would be {count} invited")
            return
        invited = 0
        with tqdm(total=count, unit=" customers", disable=None, leave=False, file=sys.stderr) as bar:
            for some in invite_imported(batch_id=options["batch"]):
                invited += some
                bar.update(some)
        self.stdout.write(f"{invited} invited")
