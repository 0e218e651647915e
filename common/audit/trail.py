"""The one place to read who changed what: the audit's entries together with the ledgers that tell the rest.

Stock that customers, imports and the shop itself move is told by its movements, an order's life by its events; they
are not stored twice. Each source is read downwards by its own key, so a page costs the same however deep it lies and
no source needs an index for it; the pages are merged by time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from common.models import AuditEntry
from common.registry import Registry

HIGHEST = 2**63 - 1


@dataclass(frozen=True)
class Wanted:
    """What of the trail is asked for; None is all."""

    actor: int | None = None
    door: str | None = None
    kind: str | None = None
    object_type: str | None = None
    object_id: int | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One line of the trail; `source` and `id` name the row that tells it."""

    source: str
    id: int
    at: datetime
    kind: str
    object_type: str
    object_id: int
    door: str | None
    origin: str
    actor: int | None
    before: Any
    after: Any
    note: str
    request_id: str
    client_address: str | None


@dataclass(frozen=True)
class Source:
    """A ledger: which of its rows answer what is wanted (None for none of them), and what line one of them makes."""

    rows: Callable[[Wanted], QuerySet[Any] | None]
    line: Callable[[Any], Line]


# Upper applications add the ledgers that they keep anyway.
trail_sources: Registry[Source] = Registry()

Position = Mapping[str, int]  # of each source, the key above which all of its rows were shown


def read(*, wanted: Wanted, position: Position, size: int) -> tuple[list[Line], Position | None]:
    """The next `size` lines below the position, the newest first, and where the page after it begins, if anywhere."""
    streams = []
    for name, source in trail_sources:
        rows = source.rows(wanted)
        if rows is not None:
            below = rows.filter(pk__lt=position.get(name, HIGHEST)).order_by("-pk")[: size + 1]
            streams.append(_falling(map(source.line, below)))
    merged = [line for _, line in islice(merge(*streams, key=itemgetter(0), reverse=True), size + 1)]
    shown = merged[:size]
    if len(merged) <= size:
        return shown, None
    return shown, {**position, **{line.source: line.id for line in shown}}


def _falling(lines: Iterable[Line]) -> Iterator[tuple[datetime, Line]]:
    """The lines of one source with the times that they are merged by, which fall as its keys do.

    A transaction that began before others may have written after them; by its own time, what it wrote would come to
    stand below a key that was shown, and the next page would leave it out.
    """
    at = None
    for line in lines:
        at = line.at if at is None else min(at, line.at)
        yield at, line


def _entries(wanted: Wanted) -> QuerySet[AuditEntry]:
    asked = {
        "actor": wanted.actor,
        "door": wanted.door,
        "kind": wanted.kind,
        "object_type": wanted.object_type,
        "object_id": wanted.object_id,
        "request_id": wanted.request_id,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return AuditEntry.objects.filter(**{name: value for name, value in asked.items() if value is not None})


def _line(entry: AuditEntry) -> Line:
    return Line(
        source="audit",
        id=entry.pk,
        at=entry.at,
        kind=entry.kind,
        object_type=entry.object_type,
        object_id=entry.object_id,
        door=entry.door,
        origin=entry.origin,
        actor=entry.actor_id,
        before=entry.before,
        after=entry.after,
        note="",
        request_id=entry.request_id,
        client_address=entry.client_address,
    )


trail_sources.register("audit", Source(_entries, _line))
