"""Issuing invoices and credit notes: each once, under the order's lock, with a number drawn last."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from common.errors import DomainError
from orders.models import Invoice, Order, OrderItem
from orders.querysets.orders import OrderQuerySet
from orders.services.invoices.contents import Credit, build_credit_note, build_invoice
from orders.services.invoices.numbers import draw, printed
from orders.services.life import lock_order

logger = structlog.stdlib.get_logger(__name__)

Kind = Invoice.Kind
BY_EVENT_WITHIN = timedelta(minutes=5)  # what the outbox has not issued by then, `issue_missing` does


class NothingToInvoice(DomainError):
    code = "nothing_to_invoice"
    title = "Only an order that was paid here has an invoice"


@transaction.atomic
def issue_invoice(*, order_id: int) -> Invoice:
    """The order's invoice, issued if it was not yet. Locks the order, then the counter; raises NothingToInvoice."""
    return _issue_invoice(lock_order(order_id=order_id))


@transaction.atomic
def issue_credit_note(*, order_id: int, credit: Credit) -> Invoice:
    """The credit note of a refund, issued if it was not yet, and the order's invoice before it.

    Locks the order, then the counters. Raises NothingToInvoice for an order that was never paid here.
    """
    order = lock_order(order_id=order_id)
    invoice = _issue_invoice(order)
    known = Invoice.objects.filter(kind=Kind.CREDIT_NOTE, refund_id=credit.refund_id).first()
    if known is not None:
        return known
    note = build_credit_note(invoice=invoice, order=order, items=_items(order), credit=credit, issued_at=timezone.now())
    return issue_past(documents=[note])[0]


def issue_missing(*, paid_before: datetime | None = None) -> int:
    """Issue the invoices of paid orders that have none, oldest first, each in a transaction of its own; how many.

    For what the outbox did not do, such as orders that were paid before there were invoices.
    """
    paid_before = paid_before or timezone.now() - BY_EVENT_WITHIN
    missing = _without_invoice().filter(paid_at__lt=paid_before).order_by("paid_at", "id")
    return sum(_issue_one(order_id) for order_id in list(missing.values_list("id", flat=True)))


def issue_past(*, documents: Sequence[Invoice]) -> list[Invoice]:
    """Number documents of one kind in their order and write them in one statement; belongs to a transaction.

    The caller has made sure that none of them was issued before. Locks the counter of the kind until the transaction
    ends, so it must come last.
    """
    if not documents:
        return []
    kind = Kind(documents[0].kind)
    for sequence, document in enumerate(documents, draw(kind, len(documents))):
        document.sequence = sequence
        document.number = printed(kind, sequence)
    return Invoice.objects.bulk_create(documents)


def _issue_invoice(order: Order) -> Invoice:
    known = Invoice.objects.filter(order=order, kind=Kind.INVOICE).first()
    if known is not None:
        return known
    if order.paid_at is None or order.was_paid_elsewhere():
        raise NothingToInvoice
    return issue_past(documents=[build_invoice(order=order, items=_items(order), issued_at=timezone.now())])[0]


def _items(order: Order) -> list[OrderItem]:
    return list(OrderItem.objects.filter(order=order).order_by("id"))


def _without_invoice() -> OrderQuerySet:
    return Order.objects.paid_here().exclude(invoices__kind=Kind.INVOICE)


def _issue_one(order_id: int) -> bool:
    """One order must not keep the rest from their invoices."""
    try:
        issue_invoice(order_id=order_id)
    except (DatabaseError, DomainError):
        logger.exception("invoice_failed", order_id=order_id)
        return False
    return True
