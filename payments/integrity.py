"""The invariants of payments and refunds, as SQL whose rows are breaches (`manage.py check_integrity`)."""

from common.registry import IntegrityCheck

CHECKS: dict[str, IntegrityCheck] = {
    "payments.refunded_amount": IntegrityCheck(
        "a payment's refunded amount is the sum of its refunds that have not failed",
        """
        WITH refunds AS (
            SELECT payment_id,
                   coalesce(sum(amount) FILTER (WHERE status <> 'failed'), 0) AS in_force,
                   coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS succeeded
            FROM payments_refund GROUP BY payment_id
        )
        SELECT p.id, p.refunded_amount, coalesce(r.in_force, 0) AS refunds
        FROM payments_payment p LEFT JOIN refunds r ON r.payment_id = p.id
        WHERE p.refunded_amount <> coalesce(r.in_force, 0)
        """,
    ),
    "payments.status_fits_refunds": IntegrityCheck(
        "a payment's status says how much of it went back",
        """
        WITH refunds AS (
            SELECT payment_id,
                   coalesce(sum(amount) FILTER (WHERE status <> 'failed'), 0) AS in_force,
                   coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS succeeded
            FROM payments_refund GROUP BY payment_id
        )
        SELECT p.id, p.status, p.amount, coalesce(r.succeeded, 0) AS went_back
        FROM payments_payment p LEFT JOIN refunds r ON r.payment_id = p.id
        WHERE p.status IS DISTINCT FROM CASE
            WHEN coalesce(r.succeeded, 0) = 0
                THEN CASE WHEN p.status IN ('partially_refunded', 'refunded') THEN 'succeeded' ELSE p.status END
            WHEN r.succeeded = p.amount THEN 'refunded'
            ELSE 'partially_refunded' END
        """,
    ),
    "payments.refund_items": IntegrityCheck(
        "a refund's lines and its shipping sum to its amount (a surplus has neither)",
        """
        SELECT r.id, r.amount, r.shipping_amount, coalesce(sum(i.amount), 0) AS items
        FROM payments_refund r
        JOIN payments_payment p ON p.id = r.payment_id AND NOT p.is_surplus
        LEFT JOIN payments_refunditem i ON i.refund_id = r.id
        GROUP BY r.id
        HAVING r.amount <> r.shipping_amount + coalesce(sum(i.amount), 0)
        """,
    ),
    "payments.refunds_per_line": IntegrityCheck(
        "no order line is refunded beyond its units, its worth or its units given back to stock",
        """
        SELECT l.id, l.quantity, sum(i.quantity) AS units, sum(i.amount) AS amount,
               sum(i.restocked_quantity) AS restocked
        FROM orders_orderitem l
        JOIN payments_refunditem i ON i.order_item_id = l.id
        JOIN payments_refund r ON r.id = i.refund_id AND r.status <> 'failed'
        GROUP BY l.id
        HAVING sum(i.quantity) > l.quantity
            OR sum(i.amount) > l.total_price - l.discount_share + l.tax_added
            OR sum(i.restocked_quantity) > l.restocked_quantity
        """,
    ),
    "payments.amount_is_total": IntegrityCheck(
        "a payment is for the order's total, in its currency",
        """
        SELECT p.id, p.amount, p.currency, o.order_number, o.total, o.currency AS order_currency
        FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
        WHERE p.amount <> o.total OR p.currency <> o.currency
        """,
    ),
    "payments.captured_fits_order": IntegrityCheck(
        "an order is paid exactly when one payment that is no surplus was captured for it",
        """
        SELECT o.id, o.order_number, o.status, count(p.id) AS captured
        FROM orders_order o
        LEFT JOIN payments_payment p
            ON p.order_id = o.id AND NOT p.is_surplus
            AND p.status IN ('succeeded', 'partially_refunded', 'refunded')
        WHERE o.total > 0
        GROUP BY o.id
        HAVING (o.status IN ('confirmed', 'processing', 'shipped', 'delivered', 'refunded') AND count(p.id) <> 1)
            OR (o.status = 'pending' AND count(p.id) <> 0)
            OR (o.paid_at IS NOT NULL AND count(p.id) <> 1)
            OR (o.paid_at IS NULL AND count(p.id) <> 0)
        """,
    ),
    "payments.refunded_orders": IntegrityCheck(
        "a paid order is refunded exactly when all of its money went back",
        """
        SELECT o.id, o.order_number, o.status, p.id AS payment, p.status AS payment_status
        FROM orders_order o
        JOIN payments_payment p ON p.order_id = o.id AND NOT p.is_surplus
        WHERE (o.status = 'refunded' AND p.status IN ('succeeded', 'partially_refunded'))
           OR (o.status IN ('confirmed', 'processing', 'shipped', 'delivered') AND p.status = 'refunded')
        """,
    ),
    "payments.nothing_kept": IntegrityCheck(
        "money of a cancelled order, and money that came for a settled one, goes back within 15 minutes",
        """
        SELECT p.id, o.order_number, o.status, p.amount, p.refunded_amount, p.is_surplus
        FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
        WHERE p.status IN ('succeeded', 'partially_refunded', 'refunded') AND p.refunded_amount < p.amount
          AND (p.is_surplus OR o.status = 'cancelled')
          AND greatest(p.updated_at, o.updated_at) < now() - interval '15 minutes'
        """,
    ),
    "payments.nothing_stuck": IntegrityCheck(
        "no payment and no refund is in flight for more than 15 minutes, unless its gateway says that it takes longer",
        """
        SELECT id, 'payment' AS kind, status, updated_at FROM payments_payment
        WHERE status IN ('processing', 'unknown') AND updated_at < now() - interval '15 minutes'
          AND NOT (status = 'processing' AND coalesce(payment_details ->> 'gateway_status', '') = 'processing')
        UNION ALL
        SELECT id, 'refund', status, updated_at FROM payments_refund
        WHERE status IN ('pending', 'processing') AND created_at < now() - interval '15 minutes'
          AND NOT (status = 'processing' AND refund_transaction_id IS NOT NULL)
        """,
    ),
    "payments.nothing_stranded": IntegrityCheck(
        "no payment waits for a customer whose order waits no longer",
        """
        SELECT p.id, p.payment_method, p.status, o.order_number, o.status AS order_status
        FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
        WHERE p.status = 'pending' AND o.status <> 'pending'
          AND greatest(p.updated_at, o.updated_at) < now() - interval '1 hour'
        """,
    ),
    "payments.orders_expire": IntegrityCheck(
        "an order that nobody pays gives its stock back within 15 minutes of its time",
        """
        SELECT o.id, o.order_number, o.expires_at FROM orders_order o
        WHERE o.status = 'pending' AND o.expires_at < now() - interval '15 minutes'
          AND NOT EXISTS (
              SELECT 1 FROM payments_payment p WHERE p.order_id = o.id AND p.status IN ('processing', 'unknown')
          )
        """,
    ),
    "payments.events_applied": IntegrityCheck(
        "no webhook about a payment of ours waits for more than a day to be applied",
        """
        SELECT id, gateway, kind, event_id, last_error FROM payments_webhookevent
        WHERE applied_at IS NULL AND received_at BETWEEN now() - interval '7 days' AND now() - interval '1 day'
          AND NOT starts_with(last_error, 'NotFound')  -- what others did in a gateway's account that we share
        """,
    ),
    "payments.dummy_charges": IntegrityCheck(
        "every captured dummy payment is one charge of the same money in the dummy's ledger",
        """
        SELECT p.id, p.status, p.amount, p.transaction_id, c.transaction_id AS charge, c.amount AS charged,
               c.status AS charge_status
        FROM payments_payment p LEFT JOIN payments_dummycharge c ON c.idempotency_key = p.id::text
        WHERE p.payment_method = 'dummy' AND p.status IN ('succeeded', 'partially_refunded', 'refunded')
          AND (c.status, c.amount, c.currency, c.transaction_id)
              IS DISTINCT FROM ('succeeded', p.amount, p.currency, p.transaction_id)
        """,
    ),
    "payments.dummy_charges_known": IntegrityCheck(
        "every charge in the dummy's ledger is a payment here, captured, still in flight or about to be closed",
        """
        SELECT c.id, c.transaction_id, c.amount, c.idempotency_key, p.status
        FROM payments_dummycharge c
        LEFT JOIN payments_payment p ON p.id::text = c.idempotency_key AND p.payment_method = 'dummy'
        WHERE c.status = 'succeeded'
          AND (p.id IS NULL OR p.status = 'cancelled'
               OR (p.status = 'failed' AND (p.closed_at IS NOT NULL OR p.transaction_id IS NULL
                                            OR p.updated_at < now() - interval '2 hours'))
               OR (p.status = 'pending' AND p.created_at < now() - interval '15 minutes'))
        """,
    ),
    "payments.dummy_refunds": IntegrityCheck(
        "refunds here and in the dummy's ledger are the same, each once",
        """
        SELECT coalesce(r.id, d.id) AS id, r.status, r.amount, d.idempotency_key, d.amount AS given_back
        FROM (
            SELECT r.* FROM payments_refund r
            JOIN payments_payment p ON p.id = r.payment_id AND p.payment_method = 'dummy'
        ) r
        FULL JOIN payments_dummyrefund d ON d.idempotency_key = r.id::text
        WHERE (r.status = 'succeeded'
               AND (d.amount, d.transaction_id) IS DISTINCT FROM (r.amount, r.refund_transaction_id))
           OR (d.id IS NOT NULL AND (r.id IS NULL OR r.status = 'failed' OR r.amount <> d.amount))
        """,
    ),
}
