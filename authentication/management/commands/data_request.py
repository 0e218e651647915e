"""`manage.py data_request`: answers a person who asks what is held about them, or to be forgotten."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from authentication.services import data_requests


class Command(BaseCommand):
    help = (
        "Export (--export FILE) or erase (--erase) what is held under an e-mail address, with an account or without; "
        "without an option say whether there is anything. Make sure first that the address is theirs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--export", metavar="FILE", help="write it as JSON to this new file; - is standard output")
        parser.add_argument(
            "--erase", action="store_true", help="erase it for good, after the export if both are given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        if email.endswith("@erased.invalid") or "@" not in email:
            raise CommandError(f"nothing done: {email} is nobody's e-mail address")
        document = data_requests.export_person(email=email)
        if not data_requests.is_anything_held(document):
            raise CommandError(f"nothing is held about {email}")
        if options["export"]:
            self._write(options["export"], document)
        if options["erase"]:
            self._erase(email)
        elif not options["export"]:
            account = "an account" if document["account"] else "no account"
            orders = len(document["without_account"].get("orders", {}).get("orders", []))
            self.stdout.write(f"{email}: {account}, {orders} orders without one; --export FILE or --erase")

    def _write(self, name: str, document: dict[str, Any]) -> None:
        text = json.dumps(document, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        if name == "-":
            self.stdout.write(text)
            return
        path = Path(name)
        try:
            with path.open("x", encoding="utf-8") as file:  # what is there already may be somebody else's
                path.chmod(0o600)
                file.write(text + "\n")
        except OSError as error:
            raise CommandError(f"nothing exported, nothing erased: {name}: {error.strerror}") from error
        self.stdout.write(f"exported to {name}")

    def _erase(self, email: str) -> None:
        erased = data_requests.erase_person(email=email)
        account = "the account and all of it" if erased.had_account else "all that was held without an account"
        self.stdout.write(f"erased: {account}")
        if erased.orders_under_way:
            self.stdout.write(
                f"{erased.orders_under_way} orders are under way and keep their address until they are finished: "
                "run this again then"
            )
