"""Finds for each cancelled line the units sold before that it gives back, and stages the refunds.

A cancellation names no invoice. It is taken to give back units of the same customer, stock code and price that were
sold no later, the earliest first; as a whole, or it is refused.
"""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db.backends.utils import CursorWrapper

from payments.imports.uci.rules import CANCELLATION, SALE, UNMATCHED

# `upto` counts the units of one customer, code and price up to and with this sale.
_SALES = f"""
DROP TABLE IF EXISTS import_cancellation, import_sale, import_return;
CREATE TEMPORARY TABLE import_cancellation ON COMMIT DROP AS
SELECT r.id, r.number, r.at, -r.quantity AS quantity, k.key,
    row_number() OVER (PARTITION BY k.key ORDER BY r.at, r.id) AS place, 0::bigint AS available, NULL::bigint AS upto
FROM import_row r
JOIN (
    SELECT customer, code, price, row_number() OVER () AS key FROM import_row
    WHERE rule = '{CANCELLATION}' GROUP BY customer, code, price
) k USING (customer, code, price)
WHERE r.rule = '{CANCELLATION}';
CREATE UNIQUE INDEX ON import_cancellation (key, place);
ANALYZE import_cancellation;

CREATE TEMPORARY TABLE import_sale ON COMMIT DROP AS
SELECT r.line, r.order_id, r.at, r.quantity, r.price, k.key,
    sum(r.quantity) OVER (PARTITION BY k.key ORDER BY r.at, r.id) AS upto
FROM import_row r
JOIN (
    SELECT DISTINCT c.key, r.customer, r.code, r.price FROM import_cancellation c JOIN import_row r ON r.id = c.id
) k USING (customer, code, price)
WHERE r.rule = '{SALE}' AND r.order_id IS NOT NULL;
CREATE INDEX ON import_sale (key, at);
ANALYZE import_sale;

UPDATE import_cancellation c
SET available = coalesce((SELECT max(s.upto) FROM import_sale s WHERE s.key = c.key AND s.at <= c.at), 0);
"""
# One after the other: a cancellation takes its units, or, where there are too few, none.
_WALK = """
WITH RECURSIVE walk AS (
    SELECT key, place, taken, taken > 0 AS found
    FROM import_cancellation c
    CROSS JOIN LATERAL (SELECT CASE WHEN available >= quantity THEN quantity ELSE 0 END::bigint AS taken) d
    WHERE place = 1
    UNION ALL
    SELECT c.key, c.place, w.taken + d.more, d.more > 0
    FROM walk w
    JOIN import_cancellation c ON c.key = w.key AND c.place = w.place + 1
    CROSS JOIN LATERAL (SELECT CASE WHEN c.available - w.taken >= c.quantity THEN c.quantity ELSE 0 END AS more) d
)
UPDATE import_cancellation c SET upto = w.taken
FROM walk w WHERE w.key = c.key AND w.place = c.place AND w.found
"""
_REFUSE_UNMATCHED = f"""
UPDATE import_row r SET rule = '{UNMATCHED}' FROM import_cancellation c WHERE c.id = r.id AND c.upto IS NULL
"""
# The n-th unit given back is the n-th sold. One refund for each cancelling invoice and order, on its last line's time.
_STAGE_REFUNDS = """
CREATE TEMPORARY TABLE import_return ON COMMIT DROP AS
SELECT c.number, c.at, s.order_id, i.id AS item_id, s.price,
    least(c.upto, s.upto) - greatest(c.upto - c.quantity, s.upto - s.quantity) AS quantity
FROM import_cancellation c
JOIN import_sale s ON s.key = c.key AND s.upto > c.upto - c.quantity AND s.upto - s.quantity < c.upto
JOIN import_item i ON i.line = s.line
WHERE c.upto IS NOT NULL;
ANALYZE import_return;

INSERT INTO import_refund (order_id, payment_id, label, amount, reason, refund_transaction_id, succeeded_at)
SELECT r.order_id, p.id, r.number, sum(r.price * r.quantity), 'Cancelled by ' || r.number, r.number,
    max(r.at) AT TIME ZONE %(zone)s
FROM import_return r JOIN import_payment p ON p.order_id = r.order_id
GROUP BY r.order_id, p.id, r.number
ORDER BY max(r.at), r.number, r.order_id;
ANALYZE import_refund;

INSERT INTO import_refund_item (refund_id, order_item_id, quantity, amount)
SELECT f.id, r.item_id, sum(r.quantity), sum(r.price * r.quantity)
FROM import_return r JOIN import_refund f ON f.order_id = r.order_id AND f.label = r.number
GROUP BY f.id, r.item_id
ORDER BY f.id, r.item_id;

UPDATE import_payment p SET refunded_amount = d.amount,
    status = CASE WHEN d.amount = p.amount THEN 'refunded' ELSE 'partially_refunded' END
FROM (SELECT payment_id, sum(amount) AS amount FROM import_refund GROUP BY payment_id) d
WHERE d.payment_id = p.id;

UPDATE import_order s SET status = 'refunded' FROM import_payment p WHERE p.order_id = s.id AND p.status = 'refunded';
"""


def stage_refunds(cursor: CursorWrapper, *, zone: str) -> None:
    """Match the cancellations among the staged rows, refuse those that find nothing, and stage refunds of the rest."""
    cursor.execute(_SALES)
    cursor.execute(_WALK)
    cursor.execute(_REFUSE_UNMATCHED)
    cursor.execute(_STAGE_REFUNDS, {"zone": zone})
