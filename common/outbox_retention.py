"""The end of old events: those that everybody was told of go after OUTBOX_RETENTION_DAYS, in small batches.

Each batch is a transaction of its own, walks the table by its key and needs no index of time: keys grow with time, as
near as days matter.
"""

import time
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from common.models import OutboxEvent

EVENTS_PER_BATCH = 1_000
RUN_SECONDS = 200.0  # less than the time limit of tasks; the next night goes on

# Locked, so that nobody has one delivered again meanwhile; the rows that refer to it go first.
_DROP = """
WITH old AS (
    SELECT e.id, e.name, e.position FROM common_outboxevent e
    WHERE e.id > %(after)s AND e.id <= %(last)s AND e.created_at < %(limit)s
        AND e.position IS NOT NULL AND e.relayed_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM common_outboxdelivery d WHERE d.event_id = e.id AND d.done_at IS NULL)
        AND NOT EXISTS (SELECT FROM common_webhookdelivery w WHERE w.event_id = e.id AND w.done_at IS NULL)
    FOR UPDATE OF e SKIP LOCKED
),
deliveries AS (DELETE FROM common_outboxdelivery d USING old WHERE d.event_id = old.id),
webhooks AS (DELETE FROM common_webhookdelivery w USING old WHERE w.event_id = old.id),
noted AS (
    INSERT INTO common_droppedevents AS had (name, up_to, count)
    SELECT name, max(position), count(*) FROM old GROUP BY name ORDER BY name
    ON CONFLICT (name) DO UPDATE SET
        up_to = greatest(had.up_to, EXCLUDED.up_to), count = had.count + EXCLUDED.count,
        dropped_at = statement_timestamp()
)
DELETE FROM common_outboxevent e USING old WHERE e.id = old.id
"""


def drop_old_events(*, seconds: float = RUN_SECONDS) -> int:
    """Drop events older than OUTBOX_RETENTION_DAYS whose deliveries are all done; returns how many."""
    limit = timezone.now() - timedelta(days=settings.OUTBOX_RETENTION_DAYS)
    end, after, dropped = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        rows = OutboxEvent.objects.filter(id__gt=after).order_by("id").values_list("id", "created_at")
        batch = list(rows[:EVENTS_PER_BATCH])
        if not any(created_at < limit for _, created_at in batch):
            break
        last = batch[-1][0]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_DROP, {"after": after, "last": last, "limit": limit})
            dropped += cursor.rowcount
        after = last
    return dropped
