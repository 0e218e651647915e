"""Which events go to which endpoints: new ones in the relay's transaction, old ones when staff ask for them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from common.errors import DomainError, InvalidInput
from common.feed import public_names
from common.locking import lock_row
from common.models import OutboxEvent, WebhookEndpoint

MOST_AGAIN = 100_000

# The key share keeps an endpoint from going in between, and lets those who send to it work.
_NEW = """
INSERT INTO common_webhookdelivery (endpoint_id, event_id, position, resource)
SELECT w.id, e.id, e.position, e.resource
FROM common_outboxevent e JOIN common_webhookendpoint w
    ON w.is_active AND (w.types = '{}' OR e.name = ANY (w.types))
WHERE e.id = ANY (%s) AND e.name = ANY (%s)
ORDER BY e.position, w.id
FOR KEY SHARE OF w
"""
_AGAIN = """
INSERT INTO common_webhookdelivery AS d (endpoint_id, event_id, position, resource)
SELECT %s, e.id, e.position, e.resource FROM common_outboxevent e WHERE e.id = ANY (%s) ORDER BY e.position
ON CONFLICT (endpoint_id, event_id) DO UPDATE
SET done_at = NULL, sending_since = NULL, failures = 0, last_error = '', next_attempt_at = now()
"""


class TooManyEvents(DomainError):
    code = "too_many_events"
    title = f"More than {MOST_AGAIN:,} events at once; begin later, or read the feed"


@dataclass(frozen=True)
class Wanted:
    """Which events are wanted again: one, all from one on, or all since a time; exactly one of them is set."""

    event: int | None = None
    from_event: int | None = None
    since: datetime | None = None


def fan_out(event_ids: Sequence[int]) -> None:
    """Make the deliveries of events that just got their places; belongs to the relay's transaction."""
    if event_ids:
        with connection.cursor() as cursor:
            cursor.execute(_NEW, [list(event_ids), public_names()])


@transaction.atomic
def deliver_again(*, endpoint_id: int, wanted: Wanted) -> int:
    """Have events sent to the endpoint that may have been before, in their order; returns how many.

    What is wanted from some point on is of the endpoint's types. Raises NotFound, InvalidInput for a single event that
    there is not, and TooManyEvents.
    """
    endpoint = lock_row(WebhookEndpoint.objects.filter(pk=endpoint_id))
    ids = list(_chosen(endpoint, wanted).order_by("position").values_list("id", flat=True)[: MOST_AGAIN + 1])
    if len(ids) > MOST_AGAIN:
        raise TooManyEvents
    if wanted.event is not None and not ids:
        raise InvalidInput.of("event", "does_not_exist", "There is no such event.")
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, [endpoint.pk, ids])
    return len(ids)


def _chosen(endpoint: WebhookEndpoint, wanted: Wanted) -> Any:
    events = OutboxEvent.objects.filter(name__in=public_names(), position__isnull=False)
    if wanted.event is not None:
        return events.filter(position=wanted.event)
    if endpoint.types:
        events = events.filter(name__in=endpoint.types)
    if wanted.from_event is not None:
        return events.filter(position__gte=wanted.from_event)
    return events.filter(created_at__gte=wanted.since)
