"""Credit notes: for each refund that succeeded, what the order's books need."""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from common.errors import DomainError
from orders.models import Invoice
from orders.services import invoices
from orders.services.invoices import Credit, CreditItem
from payments.models import Refund

logger = structlog.stdlib.get_logger(__name__)

BY_EVENT_WITHIN = timedelta(minutes=5)  # what the outbox has not issued by then, `issue_missing` does


def issue(*, refund: Refund) -> None:
    """Issue the credit note of a refund, once; what was never invoiced here gets none. Locks the order.

    That is a surplus, and an order that was paid already when an import brought it in.
    """
    if not refund.payment.is_surplus and not refund.payment.order.was_paid_elsewhere():
        invoices.issue_credit_note(order_id=refund.payment.order_id, credit=credit_of(refund))


def issue_missing(*, succeeded_before: datetime | None = None) -> int:
    """Issue what no event asked for, oldest first, each in a transaction of its own; returns how many."""
    before = succeeded_before or timezone.now() - BY_EVENT_WITHIN
    known = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).values("refund_id")
    refunds = Refund.objects.filter(status=Refund.Status.SUCCEEDED, succeeded_at__lt=before, payment__is_surplus=False)
    here = refunds.exclude(payment__order__paid_at__lte=F("payment__order__imported_at"))
    missing = here.exclude(pk__in=known).select_related("payment__order").order_by("succeeded_at", "id")
    return sum(_issue_one(refund) for refund in list(missing))


def credit_of(refund: Refund) -> Credit:
    """A refund as the order's books see it."""
    items = sorted(refund.items.all(), key=lambda item: item.order_item_id)
    return Credit(
        refund_id=refund.pk,
        amount=refund.amount,
        shipping_amount=refund.shipping_amount,
        reason=refund.reason,
        items=[CreditItem(item.order_item_id, item.quantity, item.amount, item.tax_amount) for item in items],
    )


def _issue_one(refund: Refund) -> bool:
    """One refund must not keep the rest from their credit notes."""
    try:
        issue(refund=refund)
    except (DatabaseError, DomainError):
        logger.exception("credit_note_failed", refund_id=refund.pk)
        return False
    return True
