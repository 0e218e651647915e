"""What payments do when something became true elsewhere: handlers of outbox events, run by the relay.

A handler runs inside the delivery's transaction, so it only commits intents; the gateways are called by tasks after
it. Should the broker be away, the reconciling job does the same a minute later.
"""

from functools import partial

from celery import Task
from django.db import transaction

from common.outbox import Event, subscribe
from payments import mails, tasks
from payments.models import Payment
from payments.services import refunds


def register() -> None:
    """Subscribe; called once when the application is ready."""
    subscribe("order.cancelled", "payments.settle_cancelled_order", settle_cancelled_order)
    subscribe("payment.succeeded", "payments.return_surplus", return_surplus)
    subscribe("payment.refunds_changed", "payments.look_for_refunds", look_for_refunds)
    for name in mails.PROBLEMS:
        subscribe(name, "payments.tell_staff", mails.tell_staff_of_problem)
    subscribe("payment.awaited", "payments.mail_how_to_transfer", mails.mail_how_to_transfer)
    subscribe("refund.succeeded", "payments.issue_credit_note", mails.issue_credit_note)
    subscribe("refund.succeeded", "payments.mail_refunded", mails.mail_refunded)
    subscribe("refund.succeeded", "payments.tell_staff_to_transfer", mails.tell_staff_to_transfer)


def settle_cancelled_order(event: Event) -> None:
    """Give back what was captured for a cancelled order, and withdraw what is pending."""
    payments = Payment.objects.filter(order_id=event.payload["order_id"])
    for payment_id in payments.with_money_left().order_by("id").values_list("id", flat=True):
        _refund_rest(payment_id, "The order was cancelled.")
    for payment_id in payments.filter(status=Payment.Status.PENDING).values_list("id", flat=True):
        _after_commit(tasks.withdraw_payment, payment_id)


def return_surplus(event: Event) -> None:
    """Give back money that came for an order already settled."""
    if event.payload["is_surplus"]:
        _refund_rest(event.payload["payment_id"], "The order was settled already.")


def look_for_refunds(event: Event) -> None:
    """Ask the gateway which refunds it made of a payment."""
    _after_commit(tasks.look_for_refunds, event.payload["payment_id"])


def _refund_rest(payment_id: int, reason: str) -> None:
    refund = refunds.refund_rest(payment_id=payment_id, reason=reason)
    if refund is not None:
        _after_commit(tasks.submit_refund, refund.id)


def _after_commit(task: "Task[[int], None]", row_id: int) -> None:
    transaction.on_commit(partial(task.delay, row_id), robust=True)
