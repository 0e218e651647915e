"""Locking an order, its timeline, and telling the world what happened to it."""

from authentication.models import User
from common import outbox, rows
from common.locking import lock_by_id, lock_row
from orders.models import Order, OrderEvent

MAX_DETAIL_LENGTH = 500


def lock_order(*, order_id: int | None = None, order_number: str | None = None) -> Order:
    """The order as it is now, its row locked until the transaction ends; by id or by number.

    Raises NotFound where there is none, RuntimeError outside a transaction.
    """
    if order_number is not None:
        return lock_row(Order.objects.numbered(order_number))
    if order_id is not None:
        return lock_by_id(Order, order_id)
    raise ValueError("either the order's id or its number")


def add_event(*, order: Order, code: str, detail: str = "", actor: User | None = None) -> OrderEvent:
    """Add an entry to the order's timeline."""
    event = OrderEvent(order=order, code=code, detail=detail[:MAX_DETAIL_LENGTH], actor=actor)
    rows.insert([event])
    return event


def announce(name: str, *, order: Order) -> None:
    """Write the event to the outbox, in the transaction that makes it true."""
    outbox.emit(name, resource=f"order:{order.order_number}", order_id=order.id, order_number=order.order_number)
