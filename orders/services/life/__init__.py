"""The life of an order after it is placed: each move by name, from allowed statuses, in one place.

Every function here locks the order's row first (or takes it locked), then coupons, then stock; see
docs/decisions/locking.md. Nothing else writes an order's status.
"""

from orders.services.life.cancelling import cancel
from orders.services.life.expiry import expire_unpaid
from orders.services.life.fulfilment import confirm_paid, deliver, mark_refunded, process, ship
from orders.services.life.records import add_event, announce, lock_order
from orders.services.life.restocking import restock

__all__ = [
    "add_event",
    "announce",
    "cancel",
    "confirm_paid",
    "deliver",
    "expire_unpaid",
    "lock_order",
    "mark_refunded",
    "process",
    "restock",
    "ship",
]
