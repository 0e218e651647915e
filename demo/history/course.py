"""The course of an order: when it was paid, packed, shipped, delivered, cancelled or refunded, by its fate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.history.plan import Fate, PlannedOrder
from orders.models import Order

_PAID = set(Fate) - {Fate.WAITING, Fate.CANCELLED_UNPAID}
_SHIPPED = {Fate.SHIPPED, Fate.DELIVERED, Fate.PARTLY_REFUNDED, Fate.REFUNDED}
_DELIVERED = _SHIPPED - {Fate.SHIPPED}
_REFUNDED = {Fate.PARTLY_REFUNDED, Fate.REFUNDED, Fate.CANCELLED_PAID}
_CANCELLED = {Fate.CANCELLED_PAID, Fate.CANCELLED_UNPAID}
_STATUS = {
    Fate.WAITING: Order.Status.PENDING,
    Fate.CONFIRMED: Order.Status.CONFIRMED,
    Fate.PROCESSING: Order.Status.PROCESSING,
    Fate.SHIPPED: Order.Status.SHIPPED,
    Fate.DELIVERED: Order.Status.DELIVERED,
    Fate.PARTLY_REFUNDED: Order.Status.DELIVERED,
    Fate.REFUNDED: Order.Status.REFUNDED,
    Fate.CANCELLED_UNPAID: Order.Status.CANCELLED,
    Fate.CANCELLED_PAID: Order.Status.CANCELLED,
}


@dataclass(frozen=True)
class Course:
    """When each thing happened; None is never. All of it lies before `now`."""

    status: Order.Status
    placed_at: datetime
    paid_at: datetime | None
    processing_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    refunded_at: datetime | None
    tracking_number: str | None

    @property
    def last_at(self) -> datetime:
        """When the last of it happened."""
        times = (self.paid_at, self.processing_at, self.shipped_at, self.delivered_at, self.cancelled_at)
        return max(at for at in (self.placed_at, *times, self.refunded_at) if at)


def make_course(order: PlannedOrder, *, now: datetime, chance: Random) -> Course:
    """Lay out what happened to a planned order."""
    fate, at = order.fate, order.placed_at

    def after(start: datetime, low_hours: float, high_hours: float) -> datetime:
        then = start + timedelta(hours=chance.uniform(low_hours, high_hours))
        return min(then, now - timedelta(minutes=1)).replace(microsecond=0)

    by_card = not order.by_transfer
    paid = after(at, 0.03, 0.2) if by_card else after(at, 2, 12)
    processing = after(paid, 1, 8)
    shipped = after(processing, 3, 14)
    delivered = after(shipped, 40, 90)
    cancelled = after(at, 0.5, 0.6) if fate is Fate.CANCELLED_UNPAID else after(paid, 0.3, 1)
    returned = after(delivered, 12, 60)
    if fate is Fate.CANCELLED_PAID:
        returned = after(cancelled, 0.01, 0.02)
    is_packed = fate in _SHIPPED or fate is Fate.PROCESSING
    return Course(
        status=_STATUS[fate],
        placed_at=at,
        paid_at=paid if fate in _PAID else None,
        processing_at=processing if is_packed else None,
        shipped_at=shipped if fate in _SHIPPED else None,
        delivered_at=delivered if fate in _DELIVERED else None,
        cancelled_at=cancelled if fate in _CANCELLED else None,
        refunded_at=returned if fate in _REFUNDED else None,
        tracking_number=f"1Z{chance.randrange(10**10):010d}" if fate in _SHIPPED else None,
    )
