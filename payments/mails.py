"""What the outbox does when money moved: credit notes, mails to customers, word to staff."""

from typing import Any

from django.conf import settings

from common.mail import tell_staff
from common.outbox import Event
from orders.models import Order
from orders.services import invoices, mails
from orders.services.invoices import Credit, CreditItem
from payments.models import Payment, Refund

FOLDER = "payments/mails"
ADVICE = {
    "payment.failed": "The customer may try again; nothing is to be done unless this happens often.",
    "refund.failed": "The gateway refused to give the money back. The books are as they were; refund it anew.",
}
TITLES = {"payment.failed": "A payment failed", "refund.failed": "A refund failed"}


def issue_credit_note(event: Event) -> None:
    """A refund succeeded: the order's books need its credit note. A surplus was never invoiced and gets none."""
    if not event.payload["is_surplus"]:
        invoices.issue_credit_note(
            order_id=event.payload["order_id"], credit=credit_of(Refund.objects.get(pk=event.payload["refund_id"]))
        )


def credit_of(refund: Refund) -> Credit:
    """A refund as the order's books see it."""
    items = refund.items.order_by("order_item_id")
    return Credit(
        refund_id=refund.pk,
        amount=refund.amount,
        shipping_amount=refund.shipping_amount,
        reason=refund.reason,
        items=[CreditItem(item.order_item_id, item.quantity, item.amount, item.tax_amount) for item in items],
    )


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
