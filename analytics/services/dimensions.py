"""The SQL that counts one day's sales by coupon, by country, and by new and returning customers.

What moved on the day is what `counting` counts, here order by order: an order has one coupon, one country and one
customer, and its refunds, on whatever day, lower the same.
"""

from datetime import date

from django.db import connection

from analytics.days import Span
from orders.querysets.customers import CAME_BEFORE

_MOVED = """
moved AS (
    SELECT o.id AS order_id, 1 AS orders, o.discount,
           sum(i.quantity) AS items,
           sum(i.total_price - i.discount_share - i.tax_included) AS revenue,
           sum(coalesce(i.unit_cost, 0) * i.quantity) AS cost
    FROM orders_order o
    JOIN orders_orderitem i ON i.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND o.created_at >= %(start)s AND o.created_at < %(end)s
    GROUP BY o.id
    UNION ALL
    SELECT p.order_id, 0, 0,
           -sum(CASE WHEN r.is_by_lines THEN g.quantity ELSE 0 END),
           -sum(g.amount - g.tax_amount),
           -sum(coalesce(i.unit_cost, 0) * g.restocked_quantity)
    FROM payments_refund r
    JOIN payments_payment p ON p.id = r.payment_id
    JOIN payments_refunditem g ON g.refund_id = r.id
    JOIN orders_orderitem i ON i.id = g.order_item_id
    WHERE r.status = 'succeeded' AND r.succeeded_at >= %(start)s AND r.succeeded_at < %(end)s AND NOT p.is_surplus
    GROUP BY p.order_id
)"""

COUPON = "upper(o.coupon_code)"
COUNTRY = "left(coalesce(o.shipping_address_snapshot ->> 'country', ''), 40)"

_COUNTED = f"""
counted AS (
    SELECT s.kind, s.value, sum(m.orders) AS orders, sum(m.items) AS items, sum(m.revenue) AS revenue,
           sum(m.cost) AS cost, sum(m.discount) AS discount
    FROM moved m
    JOIN orders_order o ON o.id = m.order_id AND o.paid_at IS NOT NULL
    CROSS JOIN LATERAL (VALUES
        ('coupon', {COUPON}),
        ('country', {COUNTRY}),
        ('customer', CASE WHEN {CAME_BEFORE} THEN 'returning' ELSE 'new' END)
    ) AS s (kind, value)
    GROUP BY s.kind, s.value
)"""  # noqa: S608 - constants of this module

# As `counting.REWRITE_DAY`: one statement, which touches no row that is right already.
REWRITE_DAY = f"""
WITH {_MOVED}, {_COUNTED},
vanished AS (
    DELETE FROM analytics_salesslice a
    WHERE a.date = %(day)s AND NOT EXISTS (
        SELECT FROM counted c WHERE c.kind = a.kind AND c.value = a.value
    )
)
INSERT INTO analytics_salesslice AS a (date, kind, value, order_count, item_count, revenue, cost, discount)
SELECT %(day)s, kind, value, orders, items, revenue, cost, discount
FROM counted
ORDER BY kind, value
ON CONFLICT (date, kind, value) DO UPDATE
SET order_count = excluded.order_count, item_count = excluded.item_count,
    revenue = excluded.revenue, cost = excluded.cost, discount = excluded.discount
WHERE (a.order_count, a.item_count, a.revenue, a.cost, a.discount)
    IS DISTINCT FROM (excluded.order_count, excluded.item_count, excluded.revenue, excluded.cost, excluded.discount)
"""  # noqa: S608 - constants of this module


def rewrite(*, day: date, span: Span) -> None:
    """Rewrite the day's slices where they differ; the caller holds the day's row locked."""
    with connection.cursor() as cursor:
        cursor.execute(REWRITE_DAY, {"day": day, "start": span.start, "end": span.end})
