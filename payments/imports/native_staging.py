"""The SQL that makes staged orders of native rows: amounts that the file leaves out are worked out or spread."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from payments.imports.native_rows import ADDRESS


def _snapshot(kind: str) -> str:
    pairs = ", ".join(f"'{column}', coalesce(f.{kind}_{column}, '')" for column in ADDRESS)
    return f"jsonb_build_object({pairs})"


_ORDERS = f"""
INSERT INTO import_order (
    line, order_number, status, email, created_at, paid_at, currency, shipping_address_snapshot,
    billing_address_snapshot, shipping_method_name, tracking_number, notes, coupon_code, prices_include_tax,
    shipping_cost, shipping_discount, shipping_tax, discount, tax, tax_lines
)
SELECT f.line, f.order_number, f.status, f.email, f.created_at, f.paid_at, coalesce(f.currency, %(currency)s),
    {_snapshot("shipping")}, {_snapshot("billing")}, coalesce(f.shipping_method, ''), f.tracking_number, f.notes,
    coalesce(f.coupon_code, ''), coalesce(f.prices_include_tax, %(prices_include_tax)s), coalesce(f.shipping_cost, 0),
    coalesce(f.shipping_discount, 0), coalesce(f.shipping_tax, 0), coalesce(f.discount, 0), coalesce(f.tax, 0),
    coalesce(f.tax_lines, '[]')::jsonb
FROM import_first f JOIN import_row r ON r.id = f.id
WHERE r.refusal_code IS NULL AND NOT r.is_broken ORDER BY f.id;

CREATE INDEX ON import_order (order_number);
ANALYZE import_order;
UPDATE import_row r SET order_id = s.id FROM import_order s WHERE s.order_number = r.order_number;
ANALYZE import_row (order_id);
"""
# A discount or tax that is told for the order alone is spread over the lines by what they cost; each line's part is the
# rounded share of all up to it less that of all before it, so the parts sum to the whole.
_ITEMS = """
INSERT INTO import_item (
    order_id, line, product_sku, product_name, variation_name, quantity, price, unit_cost, discount_share, tax_rate,
    tax_added, tax_included
)
SELECT d.order_id, d.line, d.sku, d.product_name, d.variation_name, d.quantity, d.price, d.unit_cost, d.share,
    coalesce(d.tax_rate, 0), CASE WHEN d.gross THEN 0 ELSE d.tax_part END,
    CASE WHEN d.gross THEN d.tax_part ELSE 0 END
FROM (
    SELECT r.*, s.prices_include_tax AS gross,
        CASE WHEN bool_or(r.discount_share IS NOT NULL) OVER w THEN coalesce(r.discount_share, 0)
            ELSE coalesce(round((s.discount - s.shipping_discount) * c.upto / nullif(c.whole, 0), 2)
                - round((s.discount - s.shipping_discount) * c.before / nullif(c.whole, 0), 2), 0) END AS share,
        CASE WHEN bool_or(r.line_tax IS NOT NULL) OVER w THEN coalesce(r.line_tax, 0)
            ELSE coalesce(round((s.tax - s.shipping_tax) * c.upto / nullif(c.whole, 0), 2)
                - round((s.tax - s.shipping_tax) * c.before / nullif(c.whole, 0), 2), 0) END AS tax_part
    FROM import_row r
    JOIN import_order s ON s.id = r.order_id
    JOIN (
        SELECT id, sum(price * quantity) OVER v AS upto, sum(price * quantity) OVER v - price * quantity AS before,
            sum(price * quantity) OVER (PARTITION BY order_id) AS whole
        FROM import_row WHERE refund IS NULL AND order_id IS NOT NULL
        WINDOW v AS (PARTITION BY order_id ORDER BY id)
    ) c ON c.id = r.id
    WHERE r.refund IS NULL
    WINDOW w AS (PARTITION BY r.order_id)
) d
ORDER BY d.id;
CREATE INDEX ON import_item (line);
ANALYZE import_item;
"""
_TOTALS = """
UPDATE import_order s SET
    subtotal = d.subtotal,
    discount = d.discount + s.shipping_discount,
    tax = CASE WHEN s.prices_include_tax THEN 0 ELSE d.tax + s.shipping_tax END,
    tax_included = CASE WHEN s.prices_include_tax THEN d.tax + s.shipping_tax ELSE 0 END
FROM (
    SELECT order_id, sum(price * quantity) AS subtotal, sum(discount_share) AS discount,
        sum(tax_added + tax_included) AS tax
    FROM import_item GROUP BY order_id
) d
WHERE d.order_id = s.id;
UPDATE import_order SET total = subtotal + shipping_cost + tax - discount;

UPDATE import_item i SET restocked_quantity = i.quantity FROM import_order s
WHERE s.id = i.order_id AND s.status = 'cancelled';
"""
# As in the shop, what costs nothing needs no payment. Who refunds an imported payment does so by hand: its gateway
# knows it under another shop's keys. How it was made is kept beside it.
_PAYMENTS = """
INSERT INTO import_payment (order_id, amount, transaction_id, payment_details)
SELECT s.id, s.total, f.transaction_id,
    CASE WHEN coalesce(f.payment_method, 'manual') <> 'manual'
        THEN jsonb_build_object('imported_method', f.payment_method) END
FROM import_order s JOIN import_first f ON f.order_number = s.order_number
WHERE s.paid_at IS NOT NULL AND s.total > 0 ORDER BY s.id;
CREATE INDEX ON import_payment (order_id);
ANALYZE import_payment;
"""
_REFUNDS = """
INSERT INTO import_refund (
    order_id, payment_id, label, amount, shipping_amount, reason, refund_transaction_id, is_by_lines, succeeded_at
)
SELECT r.order_id, p.id, r.refund::text, sum(r.refund_amount),
    coalesce(sum(r.refund_amount) FILTER (WHERE r.refund_line IS NULL), 0), coalesce(min(r.refund_reason), ''),
    min(r.refund_transaction_id), coalesce(bool_or(r.refund_by_lines), false), min(r.refunded_at)
FROM import_row r JOIN import_payment p ON p.order_id = r.order_id
WHERE r.refund IS NOT NULL GROUP BY r.order_id, p.id, r.refund ORDER BY r.order_id, r.refund;
ANALYZE import_refund;

INSERT INTO import_refund_item (refund_id, order_item_id, quantity, amount, tax_amount, restocked_quantity)
SELECT x.id, i.id, coalesce(sum(r.refund_quantity), 0), sum(r.refund_amount), coalesce(sum(r.refund_tax), 0),
    coalesce(sum(r.refund_restocked), 0)
FROM import_row r
JOIN import_refund x ON x.order_id = r.order_id AND x.label = r.refund::text
JOIN import_row l ON l.order_number = r.order_number AND l.place = r.refund_line
JOIN import_item i ON i.line = l.line AND i.order_id = r.order_id
GROUP BY x.id, i.id ORDER BY x.id, i.id;

UPDATE import_item i SET restocked_quantity = d.restocked
FROM (SELECT order_item_id, sum(restocked_quantity) AS restocked FROM import_refund_item GROUP BY 1) d, import_order s
WHERE d.order_item_id = i.id AND s.id = i.order_id AND s.status <> 'cancelled' AND d.restocked <= i.quantity;

UPDATE import_payment p SET refunded_amount = d.amount,
    status = CASE WHEN d.amount = p.amount THEN 'refunded' ELSE 'partially_refunded' END
FROM (SELECT payment_id, sum(amount) AS amount FROM import_refund GROUP BY payment_id) d
WHERE d.payment_id = p.id;
"""
STAGE = (_ORDERS, _ITEMS, _TOTALS, _PAYMENTS, _REFUNDS)
