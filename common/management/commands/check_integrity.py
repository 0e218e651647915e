"""`check_integrity`: prove every registered invariant, name each breach, exit 1 where there is one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import integrity


class Command(BaseCommand):
    help = "Prove the books: run every invariant and print each breach with its ids. --fix repairs derived data only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="repair derived data, then check again")

    def handle(self, *args: Any, fix: bool = False, **options: Any) -> None:
        if fix:
            integrity.fix_derived_data()
        breaches = 0
        for result in integrity.run_checks():
            for breach in result.breaches:
                self.stdout.write(f"{result.name}: {breach}")
            breaches += len(result.breaches)
            if options["verbosity"] > 1:
                self.stdout.write(f"{result.name}: {'ok' if not result.breaches else 'breached'}")
        if breaches:
            raise CommandError(f"{breaches} breaches found", returncode=1)
        self.stdout.write(self.style.SUCCESS("The books are right."))
