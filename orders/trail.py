"""The events of orders as a part of the audit's trail."""

from typing import Any

from django.db.models import QuerySet

from common.audit.trail import Line, Source, Wanted, trail_sources
from orders.models import OrderEvent


def register() -> None:
    """Contribute the events; called once when the application is ready."""
    trail_sources.register("order", Source(_rows, _line))


def _rows(wanted: Wanted) -> QuerySet[Any] | None:
    """An event says neither door nor request, so it answers no question for them."""
    is_asked = wanted.kind in {None, "order"} and wanted.object_type in {None, "orders.order"}
    if not is_asked or wanted.door or wanted.request_id:
        return None
    asked = {
        "order": wanted.object_id,
        "actor": wanted.actor,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return OrderEvent.objects.filter(**{name: value for name, value in asked.items() if value is not None})


def _line(event: OrderEvent) -> Line:
    return Line(
        source="order",
        id=event.pk,
        at=event.at,
        kind="order",
        object_type="orders.order",
        object_id=event.order_id,
        door=None,
        origin=event.code,
        actor=event.actor_id,
        before=None,
        after={"event": event.code},
        note=event.detail,
        request_id="",
        client_address=None,
    )
