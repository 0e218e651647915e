"""Takes orders' parts away, in sets, for an update that writes them anew and for an undo."""

from django.db import connection

_CLEAR = """
DELETE FROM payments_refunditem g USING payments_refund r, payments_payment p
WHERE g.refund_id = r.id AND r.payment_id = p.id AND p.order_id IN ({chosen});

DELETE FROM payments_refund r USING payments_payment p WHERE r.payment_id = p.id AND p.order_id IN ({chosen});

DELETE FROM payments_payment p WHERE p.order_id IN ({chosen});

DELETE FROM orders_orderitem i WHERE i.order_id IN ({chosen});
"""
_CLEAR_EVENTS = "DELETE FROM orders_orderevent e WHERE e.order_id IN ({chosen})"


def clear_orders(*, chosen: str, keep_events: bool) -> None:
    """Delete the lines, payments and refunds of the orders whose ids the SQL yields; needs their locks."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR.format(chosen=chosen))
        if not keep_events:
            cursor.execute(_CLEAR_EVENTS.format(chosen=chosen))
