"""Cancelling: the one way by which an order that was not shipped ends, asked for or by expiry."""

from django.db import transaction

from authentication.models import User
from orders.models import Order
from orders.services import coupons
from orders.services.life.moves import CANCELLABLE_BY_OWNER, SOURCES, Status, move
from orders.services.life.records import add_event, announce, lock_order
from orders.services.life.restocking import restock_rest
from products.models import StockMovement

Reason = StockMovement.Reason


@transaction.atomic
def cancel(*, order_number: str, actor: User | None = None, by_staff: bool = False, reason: str = "") -> Order:
    """Cancel an order: its coupon use and whatever is not yet restocked go back, exactly once.

    Its owner may until it is being processed, staff until it is shipped. Money that was captured is refunded by who
    subscribes to `order.cancelled`. Raises NotFound or InvalidTransition.
    """
    order = lock_order(order_number=order_number)
    sources = SOURCES[Status.CANCELLED] if by_staff else CANCELLABLE_BY_OWNER
    move(order=order, to=Status.CANCELLED, only_from=sources, expires_at=None)
    add_event(order=order, code="cancelled", detail=reason, actor=actor)
    _give_back(order, Reason.CANCELLATION, actor)
    return order


def expire(*, order: Order) -> None:
    """Cancel a locked, pending order that was not paid in time."""
    move(order=order, to=Status.CANCELLED, only_from={Status.PENDING}, expires_at=None)
    add_event(order=order, code="expired", detail="No payment arrived in time.")
    _give_back(order, Reason.EXPIRY, None)


def _give_back(order: Order, reason: Reason, actor: User | None) -> None:
    coupons.release(order=order)
    restock_rest(order=order, reason=reason, actor=actor)
    announce("order.cancelled", order=order)
