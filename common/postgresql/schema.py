"""How migrations change tables while the shop sells: never waiting in front of others for long, and again if need be.

A migration that is one transaction (`atomic = True`, Django's default) is undone as a whole where a lock is not to be
had, and the command begins it anew. One that says `atomic = False` is done statement by statement, each by the way that
locks nobody out (django-pg-zero-downtime-migrations); what is there already is passed over, so it may be run again
after any end.
"""

import re
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

import structlog
from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django_zero_downtime_migrations.backends.postgres.schema import DatabaseSchemaEditorMixin

from common.locking import is_taken

logger = structlog.stdlib.get_logger(__name__)
Result = TypeVar("Result")

FIRST_PAUSE_SECONDS = 1.0  # what has queued behind us meanwhile is through by then
LONGEST_PAUSE_SECONDS = 5.0
# These take locks that no reader or writer of rows minds, and may wait for hours without harm.
HARMLESS = re.compile(r"\bCONCURRENTLY\b|\bVALIDATE\s+CONSTRAINT\b", re.IGNORECASE)


class AtomicEditor(DatabaseSchemaEditor):
    """Django's own, for migrations that are one transaction; it waits MIGRATION_LOCK_TIMEOUT for a lock at most."""

    def __enter__(self) -> Self:
        super().__enter__()
        if self.atomic_migration and not self.collect_sql:
            self.execute("SELECT set_config('lock_timeout', %s, true)", [settings.MIGRATION_LOCK_TIMEOUT])
        return self


class _SingleStatements(DatabaseSchemaEditor):
    """Tries each statement until its lock is to be had, or MIGRATION_PATIENCE_SECONDS are over."""

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self.collect_sql or self.connection.in_atomic_block:
            super().execute(sql, params)
            return
        with self.connection.cursor() as cursor:
            limit = "0" if HARMLESS.search(str(sql)) else settings.MIGRATION_LOCK_TIMEOUT
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [limit])
        with_patience(lambda: super(_SingleStatements, self).execute(sql, params))


class StepwiseEditor(DatabaseSchemaEditorMixin, _SingleStatements):
    """For migrations that are not one transaction: indexes concurrently, constraints NOT VALID and then validated."""


def with_patience(work: Callable[[], Result]) -> Result:
    """Do the work, again and again while somebody holds a lock that it needs; raises OperationalError in the end."""
    deadline = time.monotonic() + settings.MIGRATION_PATIENCE_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return work()
        except OperationalError as error:
            if not is_taken(error) or time.monotonic() + pause > deadline:
                raise
            logger.warning("migration_waits", reason=str(error).splitlines()[0], seconds=pause)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
