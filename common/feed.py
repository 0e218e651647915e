"""The feed: events that leave the shop, in the order of their places, each with the facts that may go.

A place is given after the commit (`common.outbox`), so who asks for what comes after the last place that they saw
gets every event once. What an event may tell stands in `common.registry.public_events`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from common.errors import DomainError
from common.models import DroppedEvents, OutboxEvent
from common.registry import PublicEvent, public_events


@dataclass(frozen=True)
class Told:
    """An event as the world sees it; `id` is its place in the feed, `data` its public facts."""

    id: int
    type: str
    resource: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Events in the order of their places, and whether there are others before and after them."""

    events: list[Told]
    has_before: bool
    has_after: bool


def register_public(events: Iterable[tuple[str, PublicEvent]]) -> None:
    """Have these events leave the shop; every application registers its own, once."""
    for name, event in events:
        public_events.register(name, event)


def public_names() -> list[str]:
    """The names of all events that leave the shop, sorted."""
    return sorted(name for name, _ in public_events)


class EventsDropped(DomainError):
    """Events that the reader has not seen are kept no longer."""

    code = "events_dropped"
    status = 410
    title = "Events after this one were dropped; begin anew without after, and read what changed from the API"


def rows_dropped(types: Collection[str] = ()) -> QuerySet[DroppedEvents]:
    """How far events of these types (all where none is named) were dropped."""
    return DroppedEvents.objects.filter(name__in=list(types) or public_names())


def read(*, size: int, after: int | None = None, before: int | None = None, types: Collection[str] = ()) -> Page:
    """The next events of these types (all where none is named) after a place, or the last ones before one.

    Raises EventsDropped where some of them after that place are kept no longer (`common.outbox_retention`).
    """
    rows = OutboxEvent.objects.filter(name__in=list(types) or public_names(), position__isnull=False)
    if before is not None:
        found = list(rows.filter(position__lt=before).order_by("-position")[: size + 1])
        has_before, kept = len(found) > size, found[:size][::-1]
        return Page(tell_all(kept), has_before, rows.filter(position__gte=before).exists())
    start = after or 0
    if start and rows_dropped(types).filter(up_to__gt=start).exists():
        raise EventsDropped
    found = list(rows.filter(position__gt=start).order_by("position")[: size + 1])
    has_before = start > 0 and rows.filter(position__lte=start).exists()
    return Page(tell_all(found[:size]), has_before, len(found) > size)


def tell_all(events: Iterable[OutboxEvent]) -> list[Told]:
    """What may be told of events that have their places and leave the shop."""
    known = dict(public_events)
    return [_tell(event, known[event.name]) for event in events]


def _tell(event: OutboxEvent, public: PublicEvent) -> Told:
    if event.position is None:
        raise ValueError(f"event {event.pk} has no place yet")
    data = {name: event.payload[name] for name in public.fields if name in event.payload}
    return Told(event.position, event.name, event.resource, event.created_at, data)
