"""The events of orders that leave the shop."""

from common.feed import register_public
from common.registry import PublicEvent

_FIELDS = ("order_id", "order_number")
_STATES = {
    "order.placed": "a customer placed it",
    "order.confirmed": "it is paid for, or costs nothing",
    "order.processing": "it is being packed",
    "order.shipped": "it was given to the carrier",
    "order.delivered": "it arrived",
    "order.cancelled": "it was cancelled, or nobody paid in time",
    "order.refunded": "all of its money went back",
}

EVENTS = {name: PublicEvent(description, _FIELDS) for name, description in _STATES.items()}


def register() -> None:
    """Called once, when the applications are ready."""
    register_public(EVENTS.items())
