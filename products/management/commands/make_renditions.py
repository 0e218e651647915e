"""`manage.py make_renditions`: makes smaller pictures now, rather than when a worker comes to it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from products.models import PictureFile
from products.services import renditions

A_LONG_TIME = 10.0**9


class Command(BaseCommand):
    help = "Make the renditions of pictures that have none yet, or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="make them all anew, as after a change of settings")
        parser.add_argument("--failed", action="store_true", help="try those again that were given up")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"] or options["failed"]:
            renditions.order_again(failed_only=not options["all"])
        waiting = PictureFile.objects.filter(state=PictureFile.State.WAITING)
        with tqdm(total=waiting.count(), unit="picture", disable=None) as bar:
            count = renditions.make_due_renditions(seconds=A_LONG_TIME, told=bar.update)
        failed = PictureFile.objects.filter(state=PictureFile.State.FAILED).count()
        self.stdout.write(f"{count} pictures done, {waiting.count()} waiting, {failed} given up")
