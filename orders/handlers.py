"""What the outbox does about orders: invoices, mails to customers, word to staff; run by the relay, each once."""

from common import outbox
from common.outbox import Event
from orders.models import Order, OrderEvent
from orders.services import invoices, mails


def subscribe() -> None:
    """Called once, when the applications are ready; each handler is retried for itself."""
    outbox.subscribe("order.confirmed", "orders.issue_invoice", issue_invoice)
    outbox.subscribe("order.confirmed", "orders.mail_confirmed", mail_confirmed)
    outbox.subscribe("order.confirmed", "orders.tell_staff", tell_staff_confirmed)
    outbox.subscribe("order.shipped", "orders.mail_shipped", mail_shipped)
    outbox.subscribe("order.cancelled", "orders.mail_cancelled", mail_cancelled)


def issue_invoice(event: Event) -> None:
    """The order is paid: its invoice is due."""
    invoices.issue_invoice(order_id=event.payload["order_id"])


def mail_confirmed(event: Event) -> None:
    """Thank the customer, with a link to the order."""
    mails.mail_customer(order=_order(event), kind="order_confirmed")


def tell_staff_confirmed(event: Event) -> None:
    """Tell staff that there is something to pack."""
    mails.tell_staff_of(order=_order(event))


def mail_shipped(event: Event) -> None:
    """Tell the customer how to follow the parcel."""
    mails.mail_customer(order=_order(event), kind="order_shipped")


def mail_cancelled(event: Event) -> None:
    """Tell the customer that the order was cancelled, or that it expired unpaid."""
    order = _order(event)
    has_expired = OrderEvent.objects.filter(order=order, code="expired").exists()
    mails.mail_customer(order=order, kind="order_expired" if has_expired else "order_cancelled")


def _order(event: Event) -> Order:
    return Order.objects.select_related("user").get(pk=event.payload["order_id"])
