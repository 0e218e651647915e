"""What must be true of credit notes and refunds together; the query's rows are its breaches."""

from common.registry import IntegrityCheck
from payments.services import credit_notes


def _issue_missing() -> None:
    credit_notes.issue_missing()


CHECKS = {
    "invoices.credit_notes": IntegrityCheck(
        "a refund made 15 minutes ago of what was paid here has one credit note of the same money, others have none",
        """
        SELECT coalesce(r.id, i.refund_id) AS id, r.amount, i.number, i.total
        FROM (
            SELECT r.id, r.amount, r.succeeded_at, p.order_id
            FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id AND NOT p.is_surplus
            JOIN orders_order o ON o.id = p.order_id AND (o.imported_at IS NULL OR o.paid_at > o.imported_at)
            WHERE r.status = 'succeeded'
        ) r
        FULL JOIN (SELECT * FROM orders_invoice WHERE kind = 'credit_note') i ON i.refund_id = r.id
        WHERE (i.id IS NULL AND r.succeeded_at < now() - interval '15 minutes')
           OR r.id IS NULL OR (i.order_id, i.total) <> (r.order_id, r.amount)
        """,
        fix=_issue_missing,
    ),
}
