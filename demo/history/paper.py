"""The invoices of the paid orders and the credit notes of their refunds, numbered as they came."""

from orders.models import Order
from orders.services.invoices import build_credit_note, build_invoice, issue_past
from payments.models import Refund
from payments.services.credit_notes import credit_of


def write_paper() -> None:
    """Issue all of them, each kind in one statement; the shop is new, so none exists yet."""
    orders = Order.objects.exclude(paid_at=None).order_by("paid_at", "id").prefetch_related("items")
    invoices = issue_past(
        documents=[
            build_invoice(order=order, items=list(order.items.all()), issued_at=order.paid_at)
            for order in orders
            if order.paid_at
        ]
    )
    by_order = {invoice.order_id: invoice for invoice in invoices}
    refunds = Refund.objects.filter(status=Refund.Status.SUCCEEDED).order_by("succeeded_at", "id")
    issue_past(
        documents=[
            build_credit_note(
                invoice=by_order[refund.payment.order_id],
                order=refund.payment.order,
                items=list(refund.payment.order.items.all()),
                credit=credit_of(refund),
                issued_at=refund.succeeded_at,
            )
            for refund in refunds.select_related("payment__order").prefetch_related("items", "payment__order__items")
            if refund.succeeded_at
        ]
    )
