"""What analytics does when something becomes true elsewhere: note which day it changes."""

from datetime import datetime

from django.db import connection

from analytics import days
from analytics.services import aggregates
from common import outbox
from common.outbox import Event
from orders.models import Order
from orders.querysets.customers import placed_next
from payments.models import Refund

SUBSCRIBER = "analytics.mark_day"


def subscribe() -> None:
    """Subscribe to what changes a day's sales."""
    outbox.subscribe("order.confirmed", SUBSCRIBER, on_order_confirmed)
    outbox.subscribe("refund.succeeded", SUBSCRIBER, on_refund_succeeded)
    outbox.subscribe("orders.imported", SUBSCRIBER, on_orders_imported)


def on_order_confirmed(event: Event) -> None:
    """A paid order counts on the day it was placed; what the customer paid next counts as a returning one's."""
    order_id = int(event.payload["order_id"])
    placed_at = Order.objects.values_list("created_at", flat=True).get(id=order_id)
    with connection.cursor() as cursor:
        cursor.execute(placed_next(chosen="%(order)s"), {"order": order_id})
        instants = [placed_at, *(at for (at,) in cursor.fetchall())]
    aggregates.mark_days_changed(days_={days.day_of(at) for at in instants})


def on_refund_succeeded(event: Event) -> None:
    """A refund lowers the day on which it succeeded."""
    refund_id = int(event.resource.removeprefix("refund:"))
    succeeded_at = Refund.objects.values_list("succeeded_at", flat=True).get(id=refund_id)
    if succeeded_at is not None:
        aggregates.mark_day_changed(day=days.day_of(succeeded_at))


def on_orders_imported(event: Event) -> None:
    """An import of orders, or its undo, changes the days on which they were placed and refunded."""
    instants = (datetime.fromisoformat(instant) for span in event.payload["spans"] for instant in span)
    aggregates.mark_days_changed(days_={days.day_of(instant) for instant in instants})
