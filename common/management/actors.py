"""Who runs a command, for those that note it."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def add_actor_argument(parser: ArgumentParser) -> None:
    """Let the command be told who runs it."""
    parser.add_argument("--actor", metavar="EMAIL", help="whose name the batch shall bear; default: nobody's")


def find_actor(email: str | None) -> Any:
    """Return the user with this address, whatever its case; raises CommandError where there is none."""
    if email is None:
        return None
    user = get_user_model().objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(f"nothing done: there is no user {email}")
    return user
