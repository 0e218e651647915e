"""`manage.py deprecated_calls`: what of the API is deprecated, and who still calls it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from common import deprecations
from common.api.deprecation.declaring import all_declared


class Command(BaseCommand):
    help = "Tell what of the API is deprecated, since when and until when, and who has called it lately."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how far back to look; default: 30")

    def handle(self, *args: Any, **options: Any) -> None:
        found = deprecations.still_called(days=options["days"])
        declared = all_declared()
        for part, deprecated in declared.items():
            end = f", ends {deprecated.sunset}" if deprecated.sunset else ""
            self.stdout.write(f"{part}: deprecated since {deprecated.since}{end}")
            lines = [line for line in found if line.part == part]
            for line in lines:
                self.stdout.write(f"    {line.calls:>10,}  {line.caller}, last {line.last_called_at}")
            if not lines:
                self.stdout.write(f"    nobody has called it for {options['days']} days")
        for part in sorted({line.part for line in found} - declared.keys()):
            self.stdout.write(f"{part}: was called, and is deprecated no longer")
        if not declared:
            self.stdout.write("Nothing is deprecated.")
