"""What the outbox does when money moved: credit notes, mails to customers, word to staff."""

from typing import Any

from django.conf import settings

from common.mail import tell_staff
from common.outbox import Event
from orders.models import Order
from orders.services import mails
from payments.models import Payment, Refund
from payments.services import credit_notes

FOLDER = "payments/mails"
ADVICE = {
    "payment.failed": "The customer may try again; nothing is to be done unless this happens often.",
    "refund.failed": "The gateway refused to give the money back. The books are as they were; refund it anew.",
}
TITLES = {"payment.failed": "A payment failed", "refund.failed": "A refund failed"}


def issue_credit_note(event: Event) -> None:
    """A refund succeeded: the order's books need its credit note."""
    credit_notes.issue(refund=Refund.objects.select_related("payment").get(pk=event.payload["refund_id"]))


def mail_refunded(event: Event) -> None:
    """Tell the customer that money is on its way back; once per refund."""
    order = Order.objects.select_related("user").get(pk=event.payload["order_id"])
    facts = ("amount", "currency", "is_surplus")
    mails.mail_customer(
        order=order,
        kind="order_refunded",
        resource=f"order:{order.order_number}:{event.resource}",
        template=f"{FOLDER}/refunded",
        context={name: event.payload[name] for name in facts},
    )


def tell_staff_failed(event: Event) -> None:
    """Tell staff that a payment or a refund failed."""
    payload: dict[str, Any] = event.payload
    thing, _, number = event.resource.partition(":")
    tell_staff(
        kind=f"staff_{thing}_failed",
        resource=event.resource,
        template=f"{FOLDER}/staff_problem",
        context={
            "title": TITLES[event.name],
            "advice": ADVICE[event.name],
            "thing": thing,
            "id": number,
            "order_number": payload["order_number"],
            "amount": payload["amount"],
            "currency": payload.get("currency", settings.SHOP_CURRENCY),
            "payment_method": Payment.objects.get(pk=payload["payment_id"]).payment_method,
        },
    )
