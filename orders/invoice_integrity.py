"""What must be true of invoices and credit notes; each query's rows are its breaches."""

from common.registry import IntegrityCheck
from orders.services import invoices


def _issue_missing() -> None:
    invoices.issue_missing()


CHECKS = {
    "invoices.numbers": IntegrityCheck(
        "invoices and credit notes are numbered from 1 without gaps, as far as their counters say",
        """
        SELECT coalesce(i.kind, c.kind) AS id, i.documents, i.highest, c.last
        FROM (
            SELECT kind, count(*) AS documents, max(sequence) AS highest FROM orders_invoice GROUP BY kind
        ) i FULL JOIN orders_invoicecounter c ON c.kind = i.kind
        WHERE i.documents IS DISTINCT FROM i.highest OR i.highest IS DISTINCT FROM c.last
        """,
    ),
    "invoices.totals": IntegrityCheck(
        "an invoice says the same money as its order",
        """
        SELECT i.id, i.number, o.order_number, i.total, o.total AS order_total
        FROM orders_invoice i JOIN orders_order o ON o.id = i.order_id
        WHERE i.kind = 'invoice'
          AND (i.subtotal, i.discount, i.shipping_cost, i.tax, i.tax_included, i.total, i.currency)
              IS DISTINCT FROM
              (o.subtotal, o.discount, o.shipping_cost, o.tax, o.tax_included, o.total, o.currency)
        """,
    ),
    "invoices.sums": IntegrityCheck(
        "the lines of an invoice sum to its subtotal, and its tax lines to its tax",
        """
        SELECT i.id, i.number, i.subtotal, l.amount AS lines, i.tax + i.tax_included AS tax, t.amount AS tax_lines
        FROM orders_invoice i,
             LATERAL (SELECT coalesce(sum((line ->> 'total_price')::numeric), 0) AS amount
                      FROM jsonb_array_elements(i.lines) AS line) l,
             LATERAL (SELECT coalesce(sum((line ->> 'amount')::numeric), 0) AS amount
                      FROM jsonb_array_elements(i.tax_lines) AS line) t
        WHERE i.subtotal <> l.amount OR i.tax + i.tax_included <> t.amount
        """,
    ),
    "invoices.issued": IntegrityCheck(
        "an order paid here 15 minutes ago has its invoice, and only orders paid here have one",
        """
        SELECT o.id, o.order_number, o.status, o.paid_at, i.number
        FROM orders_order o LEFT JOIN orders_invoice i ON i.order_id = o.id AND i.kind = 'invoice'
        WHERE (i.id IS NULL AND o.paid_at < now() - interval '15 minutes'
               AND (o.imported_at IS NULL OR o.paid_at > o.imported_at))
           OR (i.id IS NOT NULL AND (o.paid_at IS NULL OR o.paid_at <= o.imported_at))
        """,
        fix=_issue_missing,
    ),
}
