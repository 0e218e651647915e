"""`check_migrations`: refuse what would lock the shop out, or what the release before this one cannot live with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from common.schema.releases import FILE, breaches_since, previous_release


class Command(BaseCommand):
    help = "Hold each migration since the release before this one against the rules of docs/migrations.md."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where one breaks a rule; asks no database."""
        found = list(breaches_since(previous_release(), connection))
        for breach in found:
            self.stdout.write(breach)
        if found:
            raise CommandError(f"{len(found)} breaches of the rules of docs/migrations.md (since {FILE}).")
        self.stdout.write("The migrations can run beside a shop that sells.")
