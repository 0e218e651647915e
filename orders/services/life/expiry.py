"""The end of orders that nobody paid in time."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import DatabaseError, transaction

from common.failpoints import failpoint
from common.registry import expiry_vetoes
from orders.models import Order
from orders.services.life.cancelling import expire

logger = structlog.stdlib.get_logger(__name__)

BATCH_SIZE = 100


def expire_unpaid(*, now: datetime) -> int:
    """Cancel the pending orders that expired by `now`, each in a transaction of its own; returns how many.

    Orders for which money may be on its way are left, and so are those that somebody else holds locked: the next run
    looks again. May run twice at once.
    """
    expired, last_id = 0, 0
    while ids := _due(now, after=last_id):
        vetoed = _vetoed(ids)
        expired += sum(_expire_one(order_id, now) for order_id in ids if order_id not in vetoed)
        last_id = ids[-1]
    return expired


def _due(now: datetime, *, after: int) -> list[int]:
    due = Order.objects.awaiting_payment().filter(expires_at__lte=now, id__gt=after)
    return list(due.order_by("id").values_list("id", flat=True)[:BATCH_SIZE])


def _vetoed(ids: Sequence[int]) -> set[int]:
    return set().union(*(veto(ids) for _, veto in expiry_vetoes))


def _expire_one(order_id: int, now: datetime) -> bool:
    """One order must not keep the rest from expiring, so what the database refuses is logged and left."""
    try:
        with transaction.atomic():
            orders = Order.objects.awaiting_payment().filter(id=order_id, expires_at__lte=now)
            order = orders.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
            if order is None or _vetoed([order_id]):
                return False
            failpoint("expiry.after_lock")
            expire(order=order)
            failpoint("expiry.before_commit")
    except DatabaseError:
        logger.exception("order_expiry_failed", order_id=order_id)
        return False
    return True
