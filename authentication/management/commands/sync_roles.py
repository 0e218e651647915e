"""Sets the shop's roles to what authentication/roles.py says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authentication.services.roles import sync_roles
from common.errors import InvalidInput


class Command(BaseCommand):
    help = "Create the roles and set their permissions; a second run changes nothing. Run it after migrate."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = sync_roles()
        except InvalidInput as error:
            raise CommandError(error.detail) from error
        for change in changes:
            kind = "new role" if change.is_new else "role"
            self.stdout.write(f"{kind} {change.name}: {len(change.added)} added, {len(change.removed)} removed")
        if not changes:
            self.stdout.write("The roles are as they should be.")
