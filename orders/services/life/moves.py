"""The one table of allowed moves, and the only code that writes an order's status."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TypedDict, Unpack

from django.utils import timezone

from common import rows
from orders.errors import InvalidTransition
from orders.models import Order

Status = Order.Status

# Where each status may be reached from.
SOURCES: Mapping[Status, AbstractSet[Status]] = {
    Status.CONFIRMED: {Status.PENDING},
    Status.PROCESSING: {Status.CONFIRMED},
    Status.SHIPPED: {Status.PROCESSING},
    Status.DELIVERED: {Status.SHIPPED},
    Status.CANCELLED: {Status.PENDING, Status.CONFIRMED, Status.PROCESSING},
    Status.REFUNDED: {Status.CONFIRMED, Status.PROCESSING, Status.SHIPPED, Status.DELIVERED},
}

# What a customer may cancel alone: unpaid, or paid but not yet being packed.
CANCELLABLE_BY_OWNER: AbstractSet[Status] = {Status.PENDING, Status.CONFIRMED}


class Facts(TypedDict, total=False):
    """What may be written together with a move."""

    paid_at: datetime
    expires_at: datetime | None
    tracking_number: str


def move(*, order: Order, to: Status, only_from: AbstractSet[Status] | None = None, **facts: Unpack[Facts]) -> None:
    """Move the order by conditional update and write the facts with it; the instance is brought up to date.

    Raises InvalidTransition where the row's status is none that the move starts from (`only_from` narrows them).
    """
    sources = SOURCES[to] if only_from is None else SOURCES[to] & only_from
    now = timezone.now()
    changes = {"status": to, "updated_at": now, **facts}
    if not rows.change(
        Order, changes, where="id = %s AND status = ANY(%s)", values=[order.id, sorted(map(str, sources))]
    ):
        current = Order.objects.values_list("status", flat=True).get(id=order.id)
        raise InvalidTransition.between(current, to)
    order.status = to
    order.updated_at = now
    for name, value in facts.items():
        setattr(order, name, value)
