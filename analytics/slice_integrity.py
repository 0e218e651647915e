"""The invariant of sales by coupon, country and kind of customer: they equal what was ordered and refunded."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from analytics.handlers import SUBSCRIBER
from analytics.integrity import WAITING
from analytics.services import aggregates
from common.registry import IntegrityCheck, integrity_checks

# A second way to count, unlike the one in `services.dimensions`: line by line, each with the local date that PostgreSQL
# gives it. Who came before is not asked again, since erasing a person makes their orders under way and finished ones
# those of two; that new and returning customers' sums make the day's still holds.
_SQL = """
WITH {waiting},
lines AS (
    SELECT (o.created_at AT TIME ZONE '{zone}')::date AS date, o.id AS sold_in, o.id AS order_id, i.quantity,
           (i.price * i.quantity) - i.discount_share - i.tax_included AS revenue,
           CASE WHEN i.unit_cost IS NULL THEN 0 ELSE i.unit_cost * i.quantity END AS cost
    FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id AND o.paid_at IS NOT NULL
    UNION ALL
    SELECT (r.succeeded_at AT TIME ZONE '{zone}')::date, NULL, o.id,
           CASE WHEN r.is_by_lines THEN -g.quantity ELSE 0 END,
           g.tax_amount - g.amount,
           CASE WHEN i.unit_cost IS NULL THEN 0 ELSE -i.unit_cost * g.restocked_quantity END
    FROM payments_refunditem g
    JOIN payments_refund r ON r.id = g.refund_id AND r.status = 'succeeded'
    JOIN payments_payment p ON p.id = r.payment_id AND NOT p.is_surplus
    JOIN orders_orderitem i ON i.id = g.order_item_id
    JOIN orders_order o ON o.id = i.order_id AND o.paid_at IS NOT NULL
),
kinds AS (
    SELECT l.*, 'coupon' AS kind, upper(o.coupon_code) AS value FROM lines l JOIN orders_order o ON o.id = l.order_id
    UNION ALL
    SELECT l.*, 'country', left(coalesce(o.shipping_address_snapshot ->> 'country', ''), 40)
    FROM lines l JOIN orders_order o ON o.id = l.order_id
    UNION ALL
    SELECT l.*, 'customer', 'all' FROM lines l
),
lines_made AS (
    SELECT date, kind, value, count(DISTINCT sold_in) AS orders, sum(quantity) AS items, sum(revenue) AS revenue,
           sum(cost) AS cost
    FROM kinds GROUP BY date, kind, value
),
discounts AS (
    SELECT date, kind, value, sum(o.discount) AS discount
    FROM (SELECT DISTINCT date, kind, value, sold_in FROM kinds WHERE sold_in IS NOT NULL) s
    JOIN orders_order o ON o.id = s.sold_in GROUP BY date, kind, value
),
expected AS (
    SELECT m.*, coalesce(d.discount, 0) AS discount FROM lines_made m LEFT JOIN discounts d USING (date, kind, value)
),
found AS (
    SELECT min(id) AS id, date, kind, CASE kind WHEN 'customer' THEN 'all' ELSE value END AS value,
           sum(order_count) AS orders, sum(item_count) AS items, sum(revenue) AS revenue, sum(cost) AS cost,
           sum(discount) AS discount
    FROM analytics_salesslice GROUP BY 2, 3, 4
)
SELECT f.id AS slice, date, kind, value, f.orders AS orders_counted, e.orders AS orders_made,
       f.items AS items_counted, e.items AS items_sold, f.revenue AS revenue_counted, e.revenue AS revenue_made,
       f.cost AS cost_counted, e.cost AS cost_made, f.discount AS discount_counted, e.discount AS discount_made
FROM expected e FULL JOIN found f USING (date, kind, value)
WHERE (f.orders, f.items, f.revenue, f.cost, f.discount)
    IS DISTINCT FROM (e.orders, e.items, e.revenue, e.cost, e.discount)
  AND date NOT IN (SELECT date FROM waiting)
ORDER BY date, kind, value
"""


def register() -> None:
    """Have check_integrity prove the slices."""
    check = IntegrityCheck(
        "Sales by coupon, country and kind of customer equal orders and refunds", breaches_sql(), recount_breached_days
    )
    integrity_checks.register("analytics.sales_slices", check)


def breaches_sql() -> str:
    """The check's SQL in the shop's time zone as it is set now."""
    zone = ZoneInfo(settings.SHOP_TIME_ZONE).key  # a zone that exists, so nothing in it needs quoting
    return _SQL.format(waiting=WAITING.format(zone=zone, subscriber=SUBSCRIBER), zone=zone)


def recount_breached_days() -> None:
    """Count again the days on which a breach was found, each in a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT date FROM ({breaches_sql()}) AS breaches ORDER BY date")  # noqa: S608 - ours
        breached = [row[0] for row in cursor.fetchall()]
    for day in breached:
        list(aggregates.rebuild(first=day, last=day))
