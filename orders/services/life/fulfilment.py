"""From paid to delivered, and to refunded."""

from django.db import transaction
from django.utils import timezone

from authentication.models import User
from orders.models import Order, OrderEvent
from orders.services.life.moves import Status, move
from orders.services.life.records import add_event, announce, lock_order


def confirm_paid(*, order: Order, actor: User | None = None) -> OrderEvent:
    """Confirm a locked, pending order whose money has arrived; from now on it does not expire. The event that says so.

    Raises InvalidTransition for any other status: the money is then a surplus.
    """
    move(order=order, to=Status.CONFIRMED, paid_at=timezone.now(), expires_at=None)
    event = add_event(order=order, code="confirmed", detail="The order is paid.", actor=actor)
    announce("order.confirmed", order=order)
    return event


@transaction.atomic
def process(*, order_number: str, actor: User | None = None) -> Order:
    """Begin packing a confirmed order. Raises NotFound or InvalidTransition."""
    order = lock_order(order_number=order_number)
    move(order=order, to=Status.PROCESSING)
    add_event(order=order, code="processing", actor=actor)
    announce("order.processing", order=order)
    return order


@transaction.atomic
def ship(*, order_number: str, tracking_number: str, actor: User | None = None) -> Order:
    """Hand a processing order to the carrier. Raises NotFound or InvalidTransition."""
    order = lock_order(order_number=order_number)
    move(order=order, to=Status.SHIPPED, tracking_number=tracking_number)
    add_event(order=order, code="shipped", detail=f"Tracking number {tracking_number}", actor=actor)
    announce("order.shipped", order=order)
    return order


@transaction.atomic
def deliver(*, order_number: str, actor: User | None = None) -> Order:
    """Note that a shipped order arrived. Raises NotFound or InvalidTransition."""
    order = lock_order(order_number=order_number)
    move(order=order, to=Status.DELIVERED)
    add_event(order=order, code="delivered", actor=actor)
    announce("order.delivered", order=order)
    return order


def mark_refunded(*, order: Order, actor: User | None = None) -> None:
    """Note that all the money of a locked, paid order went back; goods are restocked by `restock`, not here.

    Raises InvalidTransition for an order that is pending or cancelled: a cancelled one stays cancelled.
    """
    move(order=order, to=Status.REFUNDED)
    add_event(order=order, code="refunded", actor=actor)
    announce("order.refunded", order=order)
