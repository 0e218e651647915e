"""Works back-fills off, batch by batch.

Each batch is one short transaction that holds the row of the run, so several workers take turns and none does what
another has done; where it is killed, the place is that of the last batch committed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg2 import sql

from common.failpoints import failpoint
from common.locking import is_taken
from common.models import BackfillRun
from common.registry import Backfill, backfills

logger = structlog.stdlib.get_logger(__name__)

LEAST_ROWS, MOST_ROWS = 100, 20_000
LOCK_TIMEOUT = "1s"
LONGEST_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Pace:
    """How fast it goes: batches of about so many seconds, and after each a rest of so many times as long."""

    rows: int = 1_000
    batch_seconds: float = 0.25
    rest: float = 1.0

    def after(self, seconds: float) -> "Pace":
        """With batches that will take nearer to what they should, when one took so long."""
        wanted = self.rows * self.batch_seconds / max(seconds, 0.001)
        rows = min(max(wanted, self.rows / 2), self.rows * 2)
        return replace(self, rows=int(min(max(rows, LEAST_ROWS), MOST_ROWS)))


class UnknownBackfill(Exception):
    """No back-fill of that name is registered."""


def find_backfill(name: str) -> Backfill:
    """The back-fill; raises UnknownBackfill with the names that there are."""
    known = dict(backfills)
    if name not in known:
        raise UnknownBackfill(f"There is no back-fill {name!r}. There are: {', '.join(sorted(known)) or 'none'}.")
    return known[name]


def begin(name: str, *, again: bool = False) -> BackfillRun:
    """Begin it where it has not begun, or `again` from the first row; raises UnknownBackfill."""
    table = find_backfill(name).table
    with transaction.atomic():
        BackfillRun.objects.get_or_create(name=name, defaults={"until": _highest(table)})
        run = BackfillRun.objects.select_for_update().get(name=name)
        if again:
            run.place, run.changed, run.until, run.finished_at = 0, 0, _highest(table), None
            run.started_at = timezone.now()
            run.save()
    return run


def work_off(
    name: str,
    *,
    pace: Pace | None = None,
    told: Callable[[BackfillRun], None] = lambda run: None,
    seconds: float = float("inf"),
) -> BackfillRun:
    """Do what is left of it, or what of it so many seconds allow, and tell after each batch how far it is.

    Raises UnknownBackfill, and OperationalError where rows were locked by somebody else for ten minutes.
    """
    backfill, pace = find_backfill(name), pace or Pace()
    run = begin(name)
    deadline = time.monotonic() + seconds
    while run.finished_at is None and time.monotonic() < deadline:
        began = time.monotonic()
        run = _patiently(partial(_do_batch, name, backfill, pace.rows))
        took = time.monotonic() - began
        told(run)
        pace = pace.after(took)
        if run.finished_at is None:
            time.sleep(took * pace.rest)
    return run


def work_off_begun(*, seconds: float) -> None:
    """Go on for so long with what was begun and not finished, such as by a process that was killed."""
    known = dict(backfills)
    deadline = time.monotonic() + seconds
    for name in BackfillRun.objects.filter(finished_at=None).order_by("id").values_list("name", flat=True):
        if name in known:  # else another release's: that one goes on with it
            run = work_off(name, seconds=deadline - time.monotonic())
            logger.info("backfill_moved", name=name, rows=run.changed, finished=run.finished_at is not None)


def _do_batch(name: str, backfill: Backfill, rows: int) -> BackfillRun:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('common.backfilling', 'on', true)", [LOCK_TIMEOUT]
        )
        run = BackfillRun.objects.select_for_update().get(name=name)
        if run.finished_at is not None:
            return run
        last = _last_of_batch(cursor, backfill.table, run, rows)
        if last is not None:
            cursor.execute(backfill.statement, {"after": run.place, "until": last})
            run.changed += cursor.rowcount
        run.moved_at = timezone.now()
        run.place = run.until if last is None else last
        run.finished_at = run.moved_at if run.place >= run.until else None
        run.save()
        failpoint("backfill.before_commit")
    return run


def _last_of_batch(cursor: Any, table: str, run: BackfillRun, rows: int) -> int | None:
    cursor.execute(
        sql.SQL(
            "SELECT max(id) FROM (SELECT id FROM {} WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) AS batch"
        ).format(sql.Identifier(table)),
        [run.place, run.until, rows],
    )
    last: int | None = cursor.fetchone()[0]
    return last


def _highest(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table)))
        return int(cursor.fetchone()[0])


def _patiently(batch: Callable[[], BackfillRun]) -> BackfillRun:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        try:
            return batch()
        except OperationalError as error:
            if not is_taken(error) or connection.in_atomic_block or time.monotonic() > deadline:
                raise
        time.sleep(0.5)
