"""The outbox: events written with the change that makes them true, delivered to their subscribers afterwards.

`emit` is called inside a service's transaction. The relay (`common.tasks.relay_outbox`, each second) makes one
delivery per subscriber and runs it: the handler's writes and the mark that it is done are one transaction, so a
handler takes effect once however often it is tried.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from common import mail, rows
from common.locking import try_advisory_lock
from common.models import OutboxDelivery, OutboxEvent
from common.registry import event_listeners

logger = structlog.stdlib.get_logger(__name__)

BATCH_SIZE = 200
LONGEST_PAUSE_SECONDS = 3600
POSITIONS = "common_outboxevent_position_seq"


@dataclass(frozen=True)
class Event:
    """What a handler is told: the event's id, name, resource and facts."""

    id: int
    name: str
    resource: str
    payload: dict[str, Any]


Handler = Callable[[Event], None]
_subscribers: dict[str, dict[str, Handler]] = defaultdict(dict)


def subscribe(event_name: str, subscriber: str, handler: Handler) -> None:
    """Have the handler called once for each event of the name; `subscriber` names it in the deliveries' rows."""
    _subscribers[event_name][subscriber] = handler


def emit(name: str, *, resource: str, **payload: Any) -> None:
    """Write an event; it must stand in the transaction of the change it tells of.

    Raises RuntimeError outside a transaction: the event could be lost, or tell of what never happened.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("events are written in the transaction that makes them true")
    rows.insert([OutboxEvent(name=name, resource=resource, payload=payload)])


def emit_many(name: str, *, payloads: Mapping[str, dict[str, Any]]) -> None:
    """Write one event for each resource, with its payload, in one statement; like `emit` in all else."""
    if not connection.in_atomic_block:
        raise RuntimeError("events are written in the transaction that makes them true")
    OutboxEvent.objects.bulk_create(
        OutboxEvent(name=name, resource=resource, payload=payload) for resource, payload in payloads.items()
    )


def relay() -> int:
    """Make deliveries of new events and run what is due; returns how many deliveries were done."""
    while _make_deliveries() == BATCH_SIZE:
        pass
    due = OutboxDelivery.objects.filter(done_at=None, next_attempt_at__lte=timezone.now())
    ids = list(due.order_by("id").values_list("id", flat=True)[:BATCH_SIZE])
    return sum(deliver(delivery_id=delivery_id) for delivery_id in ids)


@transaction.atomic
def _make_deliveries() -> int:
    """Give new events their places in the feed and their deliveries.

    One relay at a time, so that places become visible in their order, after all the commits that they tell of. An
    event of a release that knew no places gets its place only.
    """
    if not try_advisory_lock("outbox:places"):
        return 0
    new = OutboxEvent.objects.filter(position=None).order_by("id").select_for_update(no_key=True)
    events = list(new[:BATCH_SIZE])
    unrelayed = [event for event in events if event.relayed_at is None]
    OutboxDelivery.objects.bulk_create(
        [
            OutboxDelivery(event=event, subscriber=subscriber, next_attempt_at=timezone.now())
            for event in unrelayed
            for subscriber in _subscribers.get(event.name, {})
        ],
        ignore_conflicts=True,
    )
    _place(events)
    for _name, fan_out in event_listeners:
        fan_out([event.id for event in unrelayed if event.restored_at is None])
    return len(events)


def _place(events: Sequence[OutboxEvent]) -> None:
    if not events:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [POSITIONS, len(events)])
        positions = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(
            "UPDATE common_outboxevent e SET position = p.position, relayed_at = coalesce(e.relayed_at, %s)"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS p (id, position) WHERE e.id = p.id",
            [timezone.now(), [event.id for event in events], positions],
        )


def deliver(*, delivery_id: int) -> bool:
    """Run one delivery if it is due and nobody else is at it; tells whether it was done.

    A handler that raises is tried again with a growing pause; its writes are rolled back.
    """
    try:
        with transaction.atomic():
            delivery = (
                OutboxDelivery.objects.select_related("event")
                .select_for_update(of=("self",), skip_locked=True)
                .filter(id=delivery_id, done_at=None)
                .first()
            )
            if delivery is None:
                return False
            event = delivery.event
            handler = _subscribers[event.name][delivery.subscriber]
            with mail.held() if event.restored_at else nullcontext():
                handler(Event(event.id, event.name, event.resource, event.payload))
            OutboxDelivery.objects.filter(id=delivery_id).update(done_at=timezone.now(), last_error="")
    except Exception as error:
        logger.exception("outbox_delivery_failed", delivery_id=delivery_id)
        _postpone(delivery_id, error)
        return False
    return True


@transaction.atomic
def _postpone(delivery_id: int, error: Exception) -> None:
    rows = OutboxDelivery.objects.select_for_update(skip_locked=True).filter(id=delivery_id, done_at=None)
    for delivery in rows:
        delivery.attempts += 1
        pause = min(2**delivery.attempts, LONGEST_PAUSE_SECONDS)
        delivery.next_attempt_at = timezone.now() + timedelta(seconds=pause)
        delivery.last_error = f"{type(error).__name__}: {error}"[:1000]
        delivery.save(update_fields=["attempts", "next_attempt_at", "last_error"])
