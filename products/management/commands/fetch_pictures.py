"""`manage.py fetch_pictures`: fetches pictures that imports named by address now, rather than when a worker comes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from products.models import WantedPicture
from products.services import remote_pictures

A_LONG_TIME = 10.0**9


class Command(BaseCommand):
    help = "Fetch the pictures that imports named by address and that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--failed", action="store_true", help="try those again that were given up")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["failed"]:
            remote_pictures.try_again()
        waiting = WantedPicture.objects.filter(state=WantedPicture.State.WAITING)
        with tqdm(total=waiting.count(), unit="picture", disable=None) as bar:
            count = remote_pictures.fetch_due_pictures(seconds=A_LONG_TIME, told=bar.update)
        failed = WantedPicture.objects.filter(state=WantedPicture.State.FAILED).count()
        self.stdout.write(f"{count} addresses tried, {waiting.count()} waiting, {failed} given up")
