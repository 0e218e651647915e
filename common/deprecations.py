"""Counts of who still uses what is deprecated, one row per part and caller.

The first call of a caller is written at once, later ones of a process together once a minute, so that a deprecated
part which is called often costs no more than one that is not. What a process has not yet written when it ends is lost:
numbers may be low by a minute of each, and nobody is missed.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from common import outbox
from common.models import DeprecatedCall
from common.registry import privacy_exporters

logger = structlog.stdlib.get_logger(__name__)

WRITE_EVERY_SECONDS = 60.0
MOST_GUESTS = 1_000  # programs of guests by part; they call themselves what they like
OTHERS = "(others)"

_WRITE = """
INSERT INTO common_deprecatedcall AS had (part, user_id, client, calls)
SELECT %(part)s, %(user)s, CASE
    WHEN %(user)s IS NULL AND NOT EXISTS (
        SELECT FROM common_deprecatedcall WHERE part = %(part)s AND user_id IS NULL AND client = %(client)s
    ) AND (SELECT count(*) FROM common_deprecatedcall WHERE part = %(part)s AND user_id IS NULL) >= %(most)s
    THEN %(others)s ELSE %(client)s END, %(calls)s
ON CONFLICT (part, user_id, client) DO UPDATE
SET calls = had.calls + EXCLUDED.calls, last_called_at = statement_timestamp()
"""


class Caller(NamedTuple):
    """A user, or None and what guests' program calls itself."""

    user_id: int | None
    client: str


class _Counting:
    """Calls of this process that are not written yet, and when each caller's were written last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._calls: Counter[tuple[str, Caller]] = Counter()
        self._written_at: dict[tuple[str, Caller], float] = {}

    def add(self, part: str, caller: Caller) -> list[tuple[str, Caller, int]]:
        """Count a call; returns what is to be written now, which is nothing most of the time."""
        key, now = (part, caller), time.monotonic()
        with self._lock:
            self._calls[key] += 1
            if now - self._written_at.get(key, -WRITE_EVERY_SECONDS) < WRITE_EVERY_SECONDS:
                return []
            if len(self._written_at) > 10 * MOST_GUESTS:
                self._written_at.clear()
            due = [(part, caller, calls) for (part, caller), calls in sorted(self._calls.items(), key=str)]
            self._written_at |= dict.fromkeys(self._calls, now)
            self._calls.clear()
            return due


counting = _Counting()


def note(part: str, caller: Caller) -> None:
    """Count a call of the part. Never fails: a call is worth more than its count."""
    for name, who, calls in counting.add(part, caller):
        values = {"part": name[:200], "user": who.user_id, "client": who.client[:100], "calls": calls}
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_WRITE, {**values, "most": MOST_GUESTS, "others": OTHERS})
        except Error as error:
            logger.warning("deprecated_call_not_counted", part=name, calls=calls, error=type(error).__name__)


@dataclass(frozen=True)
class StillCalling:
    """A line of the report."""

    part: str
    caller: str
    calls: int
    last_called_at: str


def still_called(*, days: int) -> list[StillCalling]:
    """Who has used what in the last days, by part, the most eager first."""
    rows = (
        DeprecatedCall.objects.filter(last_called_at__gte=timezone.now() - timedelta(days=days))
        .values("part", "user__email", "user_id", "client")
        .annotate(number=Sum("calls"), last=Max("last_called_at"))
        .order_by("part", "-number", "user_id", "client")
    )
    return [
        StillCalling(
            row["part"],
            (row["user__email"] or f"user {row['user_id']}") if row["user_id"] else f"guests by {row['client'] or '?'}",
            row["number"],
            row["last"].isoformat(timespec="minutes"),
        )
        for row in rows
    ]


def calls_of(user_id: int) -> list[dict[str, object]]:
    """What is held about a person here, for their export."""
    rows = DeprecatedCall.objects.filter(user=user_id).order_by("part", "pk")
    return [{"part": row.part, "calls": row.calls, "last_called_at": row.last_called_at.isoformat()} for row in rows]


def register() -> None:
    """Called once, when the application is ready."""
    privacy_exporters.register("deprecated_calls", calls_of)
    outbox.subscribe("user.erased", "common.forget_deprecated_calls", forget_caller)


def forget_caller(event: outbox.Event) -> None:
    """Forget what somebody called who was erased."""
    DeprecatedCall.objects.filter(user=event.payload["user_id"]).delete()


def drop_old() -> int:
    """Forget who has not called for DEPRECATED_CALLS_DAYS; returns how many."""
    limit = timezone.now() - timedelta(days=settings.DEPRECATED_CALLS_DAYS)
    return DeprecatedCall.objects.filter(last_called_at__lt=limit).delete()[0]
