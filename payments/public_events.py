"""The events of payments, refunds and disputes that leave the shop."""

from common.feed import register_public
from common.registry import PublicEvent

_ORDER = ("order_id", "order_number", "amount", "currency")
_PAYMENT = ("payment_id", *_ORDER, "is_surplus")
_REFUND = ("refund_id", *_PAYMENT)
_DISPUTE = ("dispute_id", "payment_id", *_ORDER, "reason", "status")

EVENTS = {
    "payment.succeeded": PublicEvent("the money is there", _PAYMENT),
    "payment.failed": PublicEvent("the attempt came to nothing", _PAYMENT),
    "payment.awaited": PublicEvent("the order is held until the money arrives", _PAYMENT),
    "payment.mismatch": PublicEvent("its gateway reports other money than ours", _PAYMENT),
    "payment.disputed": PublicEvent("the customer disputes it with their bank", _DISPUTE),
    "payment.dispute_closed": PublicEvent("the dispute was decided", _DISPUTE),
    "refund.succeeded": PublicEvent("the money went back", _REFUND),
    "refund.failed": PublicEvent("the gateway refused it", _REFUND),
    "refund.bounced": PublicEvent("the money came back to us", _REFUND),
    "refund.external": PublicEvent("it was made at the gateway, not here", ("refund_id", "payment_id", *_ORDER)),
}


def register() -> None:
    """Called once, when the applications are ready."""
    register_public(EVENTS.items())
