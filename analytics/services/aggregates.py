"""The daily sales aggregates: which days changed, and counting them again.

A day's row in `AggregatedDay` is its lock: whoever counts the day holds it, and so does whoever marks it. So two
workers never count one day at once, and a change that commits during counting leaves the day stale.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from analytics import days
from analytics.models import AggregatedDay, SalesAggregate
from analytics.services import counting, dimensions
from common.failpoints import failpoint

logger = structlog.stdlib.get_logger(__name__)

# Days are counted together, as many as take about so long: a transaction stays short in a shop of any size, and a
# small shop's year is not a thousand transactions, each of which locks the products anew for its foreign keys.
_AIM_SECONDS = 2.0
_MOST_DAYS = 64

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
    """Count the days that changed, in short transactions; returns how many were counted.

    May run in several workers at once: a day that another one holds is left to it. A day that cannot be counted
    is logged, stays stale and does not stop the others.
    """
    _mark_recategorised()
    stale = list(AggregatedDay.objects.stale().order_by("date").values_list("date", flat=True))
    pace, counted = _Pace(), 0
    while stale:
        together, stale = stale[: pace.days], stale[pace.days :]
        with pace:
            counted += _refresh(together)
    return counted


def rebuild(*, first: date, last: date) -> Iterator[date]:
    """Count every day from the first to the last again, stale or not, in short transactions.

    Yields each day once its count is committed, so that the caller can show how far it is.
    """
    pace = _Pace()
    while first <= last:
        until = min(last, first + timedelta(days=pace.days - 1))
        together = days.days_of(first, until)
        with pace, transaction.atomic():
            AggregatedDay.objects.bulk_create([AggregatedDay(date=day) for day in together], ignore_conflicts=True)
            list(AggregatedDay.objects.filter(date__in=together).order_by("date").select_for_update(no_key=True))
            _count(first, until)
        yield from together
        first = until + days.ONE_DAY


class _Pace:
    """How many days to count together: twice as many after a quick transaction, half as many after a long one."""

    def __init__(self) -> None:
        self.days = 1
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._began
        if took > _AIM_SECONDS:
            self.days = max(1, self.days // 2)
        elif took < _AIM_SECONDS / 2:
            self.days = min(_MOST_DAYS, self.days * 2)


@transaction.atomic
def _mark_recategorised() -> None:
    """Mark the days on which products sold that entered or left a category: they count where they are now."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_CATEGORY_CHANGES)
        changed = [day for (day,) in cursor.fetchall()]
    if changed:
        mark_days_changed(days_=changed)


def _refresh(together: list[date]) -> int:
    """Count those of the days that nobody else counts; where that fails, each by itself."""
    try:
        with transaction.atomic():
            stale = AggregatedDay.objects.stale().filter(date__in=together).order_by("date")
            held = list(stale.select_for_update(skip_locked=True, no_key=True).values_list("date", flat=True))
            left = held
            while stretch := days.first_stretch(left):
                _count(stretch[0], stretch[-1])
                left = left[len(stretch) :]
    except DatabaseError:
        if len(together) > 1:
            return sum(_refresh([day]) for day in together)
        logger.exception("aggregation_failed", day=together[0].isoformat())
        return 0
    return len(held)


def _count(first: date, last: date) -> None:
    """Rewrite the rows of the days where they differ; the caller holds the days' rows locked."""
    failpoint("aggregation.after_lock")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        began_at = cursor.fetchone()[0]
        counting.rewrite_days(cursor, first=first, last=last)
        dimensions.rewrite_days(cursor, first=first, last=last)
    failpoint("aggregation.after_write")
    orders = SalesAggregate.objects.totals().filter(date=OuterRef("date")).values("order_count")
    AggregatedDay.objects.filter(date__range=(first, last)).update(
        computed_at=began_at, order_count=Coalesce(Subquery(orders), 0)
    )
    failpoint("aggregation.before_commit")
