"""The SQL that counts the sales of days by coupon, by country, and by new and returning customers.

What moved on the days is what `counting` counts, here order by order: an order has one coupon, one country and one
customer, and its refunds, on whatever day, lower the same.
"""

from datetime import date

from django.db.backends.utils import CursorWrapper

from analytics import days
from orders.querysets.customers import CAME_BEFORE

_MOVED = """
moved AS (
    SELECT %(first)s::date + width_bucket(o.created_at, %(beginnings)s::timestamptz[]) - 1 AS date,
           o.id AS order_id, 1 AS orders, o.discount,
           sum(i.quantity) AS items,
           sum(i.total_price - i.discount_share - i.tax_included) AS revenue,
           sum(coalesce(i.unit_cost, 0) * i.quantity) AS cost
    FROM orders_order o
    JOIN orders_orderitem i ON i.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND o.created_at >= %(start)s AND o.created_at < %(end)s
    GROUP BY o.id
    UNION ALL
    SELECT %(first)s::date + width_bucket(r.succeeded_at, %(beginnings)s::timestamptz[]) - 1,
           p.order_id, 0, 0,
           -sum(CASE WHEN r.is_by_lines THEN g.quantity ELSE 0 END),
           -sum(g.amount - g.tax_amount),
           -sum(coalesce(i.unit_cost, 0) * g.restocked_quantity)
    FROM payments_refund r
    JOIN payments_payment p ON p.id = r.payment_id
    JOIN payments_refunditem g ON g.refund_id = r.id
    JOIN orders_orderitem i ON i.id = g.order_item_id
    WHERE r.status = 'succeeded' AND r.succeeded_at >= %(start)s AND r.succeeded_at < %(end)s AND NOT p.is_surplus
    GROUP BY 1, p.order_id
)"""

COUPON = "upper(o.coupon_code)"
COUNTRY = "left(coalesce(o.shipping_address_snapshot ->> 'country', ''), 40)"

_COUNTED = f"""
counted AS (
    SELECT m.date, s.kind, s.value, sum(m.orders) AS orders, sum(m.items) AS items, sum(m.revenue) AS revenue,
           sum(m.cost) AS cost, sum(m.discount) AS discount
    FROM moved m
    JOIN orders_order o ON o.id = m.order_id AND o.paid_at IS NOT NULL
    CROSS JOIN LATERAL (VALUES
        ('coupon', {COUPON}),
        ('country', {COUNTRY}),
        ('customer', CASE WHEN {CAME_BEFORE} THEN 'returning' ELSE 'new' END)
    ) AS s (kind, value)
    GROUP BY m.date, s.kind, s.value
)"""  # noqa: S608 - constants of this module

# One statement, which writes no row that is right already.
_REWRITE = f"""
WITH {_MOVED}, {_COUNTED},
vanished AS (
    DELETE FROM analytics_salesslice a
    WHERE a.date BETWEEN %(first)s AND %(last)s AND NOT EXISTS (
        SELECT FROM counted c WHERE c.date = a.date AND c.kind = a.kind AND c.value = a.value
    )
)
INSERT INTO analytics_salesslice AS a (date, kind, value, order_count, item_count, revenue, cost, discount)
SELECT date, kind, value, orders, items, revenue, cost, discount
FROM counted
ORDER BY date, kind, value
ON CONFLICT (date, kind, value) DO UPDATE
SET order_count = excluded.order_count, item_count = excluded.item_count,
    revenue = excluded.revenue, cost = excluded.cost, discount = excluded.discount
WHERE (a.order_count, a.item_count, a.revenue, a.cost, a.discount)
    IS DISTINCT FROM (excluded.order_count, excluded.item_count, excluded.revenue, excluded.cost, excluded.discount)
"""  # noqa: S608 - constants of this module


def rewrite_days(cursor: CursorWrapper, *, first: date, last: date) -> None:
    """Write the slices of the days from the first to the last where they differ; as `counting.rewrite_days`."""
    span = days.span_of(first, last)
    beginnings = [days.beginning_of(day) for day in days.days_of(first, last)]
    cursor.execute(
        _REWRITE, {"first": first, "last": last, "start": span.start, "end": span.end, "beginnings": beginnings}
    )
