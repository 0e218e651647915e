"""Deliveries that are due, taken by one sender each: leased for a while, in the order of each resource's events.

A lease is the delivery's next attempt, minutes away: a sender that dies leaves it to be due again, and the count of
attempts tells one that comes back late that another took over.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from common.feed import Told, tell_all
from common.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from common.webhooks import signing

LEASE_SECONDS = 120  # more than the longest attempt takes
PROBING_AFTER = 3  # failures in a row, from which on an endpoint gets one event at a time

_CLAIM = """
WITH due AS (
    SELECT d.id FROM common_webhookdelivery d
    WHERE d.endpoint_id = %(endpoint)s AND d.done_at IS NULL AND d.next_attempt_at <= %(now)s
        AND NOT EXISTS (
            SELECT FROM common_webhookdelivery earlier
            WHERE earlier.endpoint_id = d.endpoint_id AND earlier.resource = d.resource
                AND earlier.done_at IS NULL AND earlier.position < d.position
        )
    ORDER BY d.position
    LIMIT greatest(0, %(most)s - (
        SELECT count(*) FROM common_webhookdelivery busy
        WHERE busy.endpoint_id = %(endpoint)s AND busy.done_at IS NULL
            AND busy.sending_since IS NOT NULL AND busy.next_attempt_at > %(now)s
    ))
)
UPDATE common_webhookdelivery d
SET attempts = attempts + 1, sending_since = %(now)s, next_attempt_at = %(until)s
FROM due WHERE d.id = due.id
RETURNING d.id, d.event_id, d.attempts
"""


@dataclass(frozen=True)
class Parcel:
    """What a sender needs of a delivery, without the database; no secrets are in it where none could be read."""

    delivery_id: int
    endpoint_id: int
    attempts: int
    url: str
    event_id: int
    body: bytes
    secrets: tuple[str, ...] = field(repr=False)


def claim(*, most: int) -> list[Parcel]:
    """Up to so many due deliveries, of the endpoints in no certain order, leased; each in a transaction of its own."""
    now = timezone.now()
    due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), done_at=None, next_attempt_at__lte=now)
    able = WebhookEndpoint.objects.filter(Exists(due)).filter(_able(now)).order_by("pk")
    ids = list(able.values_list("pk", flat=True))
    random.shuffle(ids)
    parcels: list[Parcel] = []
    for endpoint_id in ids:
        if len(parcels) < most:
            parcels += _claim_of(endpoint_id, most - len(parcels))
    return parcels


def _able(now: object) -> Q:
    return Q(is_active=True, paused_at=None) & (Q(resting_until=None) | Q(resting_until__lte=now))


@transaction.atomic
def _claim_of(endpoint_id: int, most: int) -> list[Parcel]:
    """One claim at a time for an endpoint: its row is locked, or left to whoever holds it."""
    now = timezone.now()
    able = WebhookEndpoint.objects.filter(_able(now), pk=endpoint_id)
    endpoint = able.select_for_update(no_key=True, skip_locked=True).first()
    if endpoint is None:
        return []
    at_once = 1 if endpoint.failures >= PROBING_AFTER else settings.WEBHOOK_ENDPOINT_PARALLEL
    values: dict[str, Any] = {
        "endpoint": endpoint_id,
        "now": now,
        "until": now + timedelta(seconds=LEASE_SECONDS),
        "most": min(most, at_once),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        claimed = cursor.fetchall()
    events = OutboxEvent.objects.in_bulk([event_id for _, event_id, _ in claimed])
    return [_pack(endpoint, delivery, events[event], attempts) for delivery, event, attempts in claimed]


def _pack(endpoint: WebhookEndpoint, delivery_id: int, event: OutboxEvent, attempts: int) -> Parcel:
    (told,) = tell_all([event])
    return Parcel(delivery_id, endpoint.pk, attempts, endpoint.url, told.id, body_of(told), _secrets(endpoint))


def body_of(told: Told) -> bytes:
    """The event as the feed shows it, as JSON."""
    at = told.at.isoformat().replace("+00:00", "Z")
    shown = {"id": told.id, "type": told.type, "resource": told.resource, "at": at, "data": told.data}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def _secrets(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    sealed = [endpoint.secret]
    if endpoint.former_secret and endpoint.former_secret_until and endpoint.former_secret_until > timezone.now():
        sealed.append(endpoint.former_secret)
    try:
        return tuple(map(signing.unseal, sealed))
    except InvalidToken:
        return ()
