"""The content of orders, as one digest each: equal where a file and the shop say the same, whatever the keys."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Tables:
    """Where orders stand: in the shop or in the staging tables."""

    orders: str
    items: str
    payments: str
    refunds: str
    refund_items: str


SHOP = Tables("orders_order", "orders_orderitem", "payments_payment", "payments_refund", "payments_refunditem")
STAGED = Tables("import_order", "import_item", "import_payment", "import_refund", "import_refund_item")


_DIGESTS = """
WITH chosen AS ({chosen}),
paid AS (
    SELECT p.id, p.order_id, p.transaction_id, {method} AS method
    FROM {payments} p JOIN chosen c ON c.id = p.order_id
    WHERE NOT p.is_surplus AND p.status IN ('succeeded', 'partially_refunded', 'refunded')
),
returned AS (
    SELECT r.*, p.order_id AS of_order FROM {refunds} r JOIN paid p ON p.id = r.payment_id
    WHERE r.status = 'succeeded'
),
refunds AS (
    SELECT of_order, string_agg(ROW(
        extract(epoch FROM succeeded_at), amount, shipping_amount, reason, refund_transaction_id, is_by_lines
    )::text, '' ORDER BY succeeded_at, id) AS told
    FROM returned GROUP BY of_order
),
parts AS (
    SELECT g.order_item_id, string_agg(ROW(
        extract(epoch FROM r.succeeded_at), g.quantity, g.amount, g.tax_amount, g.restocked_quantity
    )::text, '' ORDER BY r.succeeded_at, r.id) AS told
    FROM {refund_items} g JOIN returned r ON r.id = g.refund_id GROUP BY g.order_item_id
),
lines AS (
    SELECT i.order_id, string_agg(md5(ROW(
        i.product_sku, i.product_name, coalesce(i.variation_name, ''), i.quantity, i.price, i.unit_cost,
        i.discount_share, i.tax_rate, i.tax_added, i.tax_included, g.told
    )::text), '' ORDER BY i.id) AS told
    FROM {items} i JOIN chosen c ON c.id = i.order_id LEFT JOIN parts g ON g.order_item_id = i.id
    GROUP BY i.order_id
)
SELECT o.id, md5(ROW(
    o.order_number, o.status, o.email, extract(epoch FROM o.created_at), extract(epoch FROM o.paid_at),
    o.currency, o.shipping_address_snapshot, o.billing_address_snapshot, o.shipping_method_name,
    coalesce(o.tracking_number, ''), coalesce(o.notes, ''), o.coupon_code, o.prices_include_tax,
    o.subtotal, o.shipping_cost, o.tax, o.discount, o.total, o.tax_included, o.tax_lines,
    o.shipping_discount, o.shipping_tax, p.method, p.transaction_id, l.told, r.told
)::text) AS digest
FROM {orders} o
JOIN chosen c ON c.id = o.id
LEFT JOIN lines l ON l.order_id = o.id
LEFT JOIN paid p ON p.order_id = o.id
LEFT JOIN refunds r ON r.of_order = o.id
"""


def digests(tables: Tables, *, chosen: str) -> str:
    """Return the SQL of (id, digest) of the orders whose ids the SQL `chosen` yields.

    It covers what an import writes: the order, its lines, the payment that paid it and the refunds that succeeded.
    Keys, the customer's account, stock and events are no content. Times count as instants and JSON by its value, so a
    digest is the same in every session.
    """
    return _DIGESTS.format(chosen=chosen, method=method_of("p"), **asdict(tables))


def method_of(payment: str) -> str:
    """Return the SQL of how a payment was made: of an imported one, how it was made in the shop of before."""
    return f"coalesce({payment}.payment_details ->> 'imported_method', {payment}.payment_method)"
