"""`manage.py forget_address`: erases what is held about a guest's e-mail address outside of orders."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from common import erasures, privacy


class Command(BaseCommand):
    help = "Erase what is held about an e-mail address outside of accounts and orders, and the mails to it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            erasures.note_address(email=options["email"], with_orders=False)
            mails = privacy.forget_address(options["email"])
        self.stdout.write(f"forgotten, with {mails} mails")
