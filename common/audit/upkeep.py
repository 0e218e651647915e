"""The only code that touches entries of the audit: their end after years, and what of them leads to a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from common.models import AuditEntry

ENTRIES_PER_STATEMENT = 10_000


@contextmanager
def _at_work() -> Iterator[None]:
    """A transaction in which the trigger that freezes the audit lets us through."""
    with transaction.atomic():
        _say("on")
        yield
        _say("off")  # a transaction around ours goes on


def _say(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('shop.audit_upkeep', %s, true)", [state])


def forget_actor(*, actor_id: int) -> None:
    """Take off what the person did from where they did it; who and what stays, as the key of an account of nobody's."""
    with _at_work():
        AuditEntry.objects.filter(actor=actor_id).update(client_address=None, request_id="")


def shorten_old(*, now: datetime | None = None) -> int:
    """Take the clients' networks off entries older than AUDIT_ADDRESS_DAYS; returns how many."""
    limit = (now or timezone.now()) - timedelta(days=settings.AUDIT_ADDRESS_DAYS)
    due = AuditEntry.objects.filter(client_address__isnull=False, at__lt=limit).order_by("id")
    shortened = 0
    while batch := list(due.values_list("id", flat=True)[:ENTRIES_PER_STATEMENT]):
        with _at_work():
            shortened += AuditEntry.objects.filter(id__in=batch).update(client_address=None)
    return shortened


def drop_old(*, now: datetime | None = None) -> int:
    """Delete entries older than AUDIT_KEPT_DAYS; returns how many."""
    limit = (now or timezone.now()) - timedelta(days=settings.AUDIT_KEPT_DAYS)
    due = AuditEntry.objects.filter(at__lt=limit).order_by("id")
    dropped = 0
    while batch := list(due.values_list("id", flat=True)[:ENTRIES_PER_STATEMENT]):
        with _at_work():
            dropped += AuditEntry.objects.filter(id__in=batch).delete()[0]
    return dropped
