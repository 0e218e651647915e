"""The daily sales aggregates: which days changed, and counting them again.

A day's row in `AggregatedDay` is its lock: whoever counts the day holds it, and so does whoever marks it. So two
workers never count one day at once, and a change that commits during counting leaves the day stale.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from analytics import days
from analytics.models import AggregatedDay, SalesAggregate
from analytics.services import counting, dimensions
from common.failpoints import failpoint

logger = structlog.stdlib.get_logger(__name__)

# A clock set back must not hide a change: the mark is always later than the last count.
MARK = """
INSERT INTO analytics_aggregatedday AS d (date, changed_at)
SELECT unnest(%(days)s::date[]) AS day, clock_timestamp() ORDER BY day
ON CONFLICT (date) DO UPDATE
SET changed_at = greatest(clock_timestamp(), d.computed_at + interval '1 microsecond')
WHERE d.computed_at >= d.changed_at
"""

# Notes are only ever added by others, so that whoever edits the catalogue never waits for a count, or for another.
TAKE_CATEGORY_CHANGES = """
WITH taken AS (DELETE FROM analytics_categorychange RETURNING product_id)
SELECT DISTINCT date FROM analytics_salesaggregate JOIN taken USING (product_id)
"""


def mark_day_changed(*, day: date) -> None:
    """Have the next run count the day again; waits for a count of the day that is under way."""
    mark_days_changed(days_=[day])


def mark_days_changed(*, days_: Iterable[date]) -> None:
    """Have the next run count the days again; takes their rows in order of date."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"days": sorted(set(days_))})


def refresh_stale_days() -> int:
    """Count the days that changed, each in a transaction of its own; returns how many were counted.

    May run in several workers at once: a day that another one holds is left to it. A day that cannot be counted
    is logged, stays stale and does not stop the others.
    """
    _mark_recategorised()
    stale = list(AggregatedDay.objects.stale().order_by("date").values_list("date", flat=True))
    return sum(_refresh(day) for day in stale)


def rebuild(*, first: date, last: date) -> Iterator[date]:
    """Count every day from the first to the last again, stale or not, each in a transaction of its own.

    Yields each day once its count is committed, so that the caller can show how far it is.
    """
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        with transaction.atomic():
            AggregatedDay.objects.bulk_create([AggregatedDay(date=day)], ignore_conflicts=True)
            AggregatedDay.objects.select_for_update(no_key=True).get(date=day)
            _count(day)
        yield day


@transaction.atomic
def _mark_recategorised() -> None:
    """Mark the days on which products sold that entered or left a category: they count where they are now."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_CATEGORY_CHANGES)
        changed = [day for (day,) in cursor.fetchall()]
    if changed:
        mark_days_changed(days_=changed)


def _refresh(day: date) -> bool:
    try:
        with transaction.atomic():
            locked = AggregatedDay.objects.stale().filter(date=day).select_for_update(skip_locked=True, no_key=True)
            if locked.first() is None:
                return False
            _count(day)
    except DatabaseError:
        logger.exception("aggregation_failed", day=day.isoformat())
        return False
    return True


def _count(day: date) -> None:
    """Rewrite the day's rows where they differ; the caller holds the day's row locked."""
    span = days.span_of(day, day)
    failpoint("aggregation.after_lock")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        began_at = cursor.fetchone()[0]
        cursor.execute(counting.REWRITE_DAY, {"day": day, "start": span.start, "end": span.end})
    dimensions.rewrite(day=day, span=span)
    failpoint("aggregation.after_write")
    total = SalesAggregate.objects.totals().filter(date=day).values_list("order_count", flat=True).first()
    AggregatedDay.objects.filter(date=day).update(computed_at=began_at, order_count=total or 0)
    failpoint("aggregation.before_commit")
