"""What becomes of views with time: they lose address and agent, and one day they go.

Both walk along the primary key, which is the order of time but for what waited in a buffer, by short transactions that
lock the rows they write and nothing else. Neither looks at what it has done already, and each goes on where a run
before it stopped.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from analytics.models import ProductView, ViewRetention

BATCH_ROWS = 5_000
RUN_SECONDS = 240.0  # less than the time limit of tasks; what is left is the next run's

DROP = """
WITH oldest AS (SELECT id, viewed_at FROM analytics_productview WHERE id > %(after)s ORDER BY id LIMIT %(rows)s),
dropped AS (
    DELETE FROM analytics_productview v USING oldest o WHERE v.id = o.id AND o.viewed_at < %(limit)s RETURNING v.id
)
SELECT count(*), max(id) FROM dropped
"""


def shorten_old_views(*, now: datetime | None = None) -> int:
    """Take address and agent off the views older than VIEW_RETENTION_DAYS; returns how many were looked at.

    Of two at once, one does nothing.
    """
    limit = (now or timezone.now()) - timedelta(days=settings.VIEW_RETENTION_DAYS)
    ViewRetention.objects.get_or_create(id=ViewRetention.ONLY_ID)
    looked_at, end = 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < end and (batch := _shorten_batch(limit)):
        looked_at += batch
    return looked_at


@transaction.atomic
def _shorten_batch(limit: datetime) -> int:
    """Go on by one batch, up to the first view that is too young; returns how many views that were."""
    state = ViewRetention.objects.select_for_update(skip_locked=True).filter(id=ViewRetention.ONLY_ID).first()
    if state is None:
        return 0
    after = ProductView.objects.filter(id__gt=state.shortened_through_id).order_by("id")
    due = []
    for id_, viewed_at in after.values_list("id", "viewed_at")[:BATCH_ROWS]:
        if viewed_at >= limit:
            break
        due.append(id_)
    if due:
        ProductView.objects.filter(id__in=due).update(ip_address=None, user_agent=None)
        ViewRetention.objects.filter(id=state.id).update(shortened_through_id=due[-1])
    return len(due)


def drop_old_views(*, now: datetime | None = None) -> int:
    """Delete the views older than VIEW_KEPT_DAYS, unless that is 0; returns how many."""
    if not settings.VIEW_KEPT_DAYS:
        return 0
    limit = (now or timezone.now()) - timedelta(days=settings.VIEW_KEPT_DAYS)
    dropped, after, end = 0, 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(DROP, {"after": after, "rows": BATCH_ROWS, "limit": limit})
            count, last = cursor.fetchone()
        if not count:
            break
        dropped, after = dropped + count, last
    return dropped
