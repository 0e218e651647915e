"""What the outbox does when money moved: credit notes, mails to customers, word to staff."""

from datetime import datetime
from typing import Any

from django.conf import settings

from common.mail import tell_staff
from common.outbox import Event
from orders.models import Order
from orders.services import mails
from payments.gateways.manual import ManualGateway
from payments.models import Payment, Refund
from payments.services import credit_notes

FOLDER = "payments/mails"
# What staff are told of: the mail's title, and what they may have to do.
PROBLEMS = {
    "payment.failed": (
        "A payment failed",
        "The customer may try again; nothing is to be done unless this happens often.",
    ),
    "payment.mismatch": (
        "A payment does not fit",
        "The gateway reports other money than ours, see the order's timeline. Settle it there; it stays unknown.",
    ),
    "refund.failed": (
        "A refund failed",
        "The gateway refused to give the money back. The books are as they were; refund it anew.",
    ),
    "refund.external": (
        "A refund was made at the payment provider",
        "It is booked here. Goods that come back are put to stock by hand; next time, refund it in the shop.",
    ),
    "refund.bounced": (
        "A refund came back",
        "The customer's bank returned the money to the payment provider. It is still owed: pay it by other means.",
    ),
    "payment.disputed": (
        "A payment is disputed",
        "Answer it at the payment provider before its deadline; hold the goods back if they are not shipped yet.",
    ),
    "payment.dispute_closed": (
        "A dispute is closed",
        "The payment provider says how it ended. The order and its payment are as they were.",
    ),
}
TRANSFER_DUE = (
    "Send money back",
    "The order was paid by bank transfer and its money is owed back. It is booked as returned: transfer it now.",
)


def issue_credit_note(event: Event) -> None:
    """A refund succeeded: the order's books need its credit note."""
    credit_notes.issue(refund=Refund.objects.select_related("payment__order").get(pk=event.payload["refund_id"]))


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


def mail_how_to_transfer(event: Event) -> None:
    """Tell the customer where to transfer the money to, and what to write on it; once per payment."""
    payment = Payment.objects.select_related("order__user").get(pk=event.payload["payment_id"])
    action = payment.client_action
    if action is None or payment.status != Payment.Status.PENDING:
        return
    mails.mail_customer(
        order=payment.order,
        kind="order_awaits_transfer",
        resource=f"order:{payment.order.order_number}:{event.resource}",
        template=f"{FOLDER}/awaits_transfer",
        context={
            "amount": action["amount"],
            "reference": action["reference"],
            "account": action["account"],
            "due_on": datetime.fromisoformat(action["due_at"]).date().isoformat(),
        },
    )


def tell_staff_to_transfer(event: Event) -> None:
    """A bank transfer that the shop gives back by itself is sent by nobody but staff."""
    refund = Refund.objects.select_related("payment__order").get(pk=event.payload["refund_id"])
    if refund.payment.payment_method == ManualGateway.name and refund.actor_id is None:
        _tell_staff(event, "staff_transfer_due", *TRANSFER_DUE)


def tell_staff_of_problem(event: Event) -> None:
    """Tell staff of something that they may have to act on."""
    _tell_staff(event, f"staff_{event.name.replace('.', '_')}", *PROBLEMS[event.name])


def _tell_staff(event: Event, kind: str, title: str, advice: str) -> None:
    payload: dict[str, Any] = event.payload
    thing, _, number = event.resource.partition(":")
    tell_staff(
        kind=kind,
        resource=event.resource,
        template=f"{FOLDER}/staff_problem",
        context={
            "title": title,
            "advice": advice,
            "thing": thing,
            "id": number,
            "order_number": payload["order_number"],
            "amount": payload["amount"],
            "currency": payload.get("currency", settings.SHOP_CURRENCY),
            "payment_method": Payment.objects.get(pk=payload["payment_id"]).payment_method,
        },
    )
