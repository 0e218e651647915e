"""The invariants of analytics: what is counted equals what was ordered and refunded."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from analytics.handlers import SUBSCRIBER
from analytics.services import aggregates, bought_together
from common.registry import IntegrityCheck, integrity_checks

# Days that wait to be counted, or whose event is still on its way, are not judged.
WAITING = """
on_the_way AS (
    SELECT e.name, e.resource, e.payload, (e.payload->>'order_id')::bigint AS order_id
    FROM common_outboxevent e
    WHERE e.relayed_at IS NULL AND e.name IN ('order.confirmed', 'refund.succeeded', 'orders.imported')
    UNION ALL
    SELECT e.name, e.resource, e.payload, (e.payload->>'order_id')::bigint
    FROM common_outboxdelivery d JOIN common_outboxevent e ON e.id = d.event_id
    WHERE d.done_at IS NULL AND d.subscriber = '{subscriber}'
),
waiting AS (
    SELECT date FROM analytics_aggregatedday WHERE computed_at IS NULL OR computed_at < changed_at
    UNION
    SELECT (o.created_at AT TIME ZONE '{zone}')::date
    FROM on_the_way w JOIN orders_order o ON o.id = w.order_id WHERE w.name = 'order.confirmed'
    UNION
    SELECT (r.succeeded_at AT TIME ZONE '{zone}')::date
    FROM on_the_way w JOIN payments_refund r ON w.resource = 'refund:' || r.id WHERE w.name = 'refund.succeeded'
    UNION
    SELECT (instant::timestamptz AT TIME ZONE '{zone}')::date
    FROM on_the_way w, jsonb_array_elements(w.payload->'spans') AS span, jsonb_array_elements_text(span) AS instant
    WHERE w.name = 'orders.imported'
    UNION
    SELECT a.date FROM analytics_salesaggregate a JOIN analytics_categorychange c USING (product_id)
)"""

# A second way to count, on purpose unlike the one in `services.counting`: every line and refund carries the local
# date that PostgreSQL gives it, and a refund's cost and revenue are worked out per line before anything is summed.
_SQL = """
WITH {waiting},
lines AS (
    SELECT (o.created_at AT TIME ZONE '{zone}')::date AS date, o.id AS order_id, i.product_id, i.quantity,
           (i.price * i.quantity) - i.discount_share - i.tax_included AS revenue,
           CASE WHEN i.unit_cost IS NULL THEN 0 ELSE i.unit_cost * i.quantity END AS cost
    FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id AND o.paid_at IS NOT NULL
),
returned AS (
    SELECT (r.succeeded_at AT TIME ZONE '{zone}')::date AS date, NULL::bigint AS order_id, i.product_id,
           CASE WHEN r.is_by_lines THEN -g.quantity ELSE 0 END AS quantity,
           g.tax_amount - g.amount AS revenue,
           CASE WHEN i.unit_cost IS NULL THEN 0 ELSE -i.unit_cost * g.restocked_quantity END AS cost
    FROM payments_refunditem g
    JOIN payments_refund r ON r.id = g.refund_id AND r.status = 'succeeded'
    JOIN payments_payment p ON p.id = r.payment_id AND NOT p.is_surplus
    JOIN orders_orderitem i ON i.id = g.order_item_id
    JOIN orders_order o ON o.id = i.order_id AND o.paid_at IS NOT NULL
),
facts AS (SELECT * FROM lines UNION ALL SELECT * FROM returned),
subjects AS (
    SELECT f.*, 'total' AS kind, 0::bigint AS subject FROM facts f
    UNION ALL
    SELECT f.*, 'product', f.product_id FROM facts f WHERE f.product_id IS NOT NULL
    UNION ALL
    SELECT f.*, 'category', c.category_id FROM facts f JOIN products_product_categories c USING (product_id)
),
expected AS (
    SELECT date, kind, subject, count(DISTINCT order_id) AS orders, sum(quantity) AS items,
           sum(revenue) AS revenue, sum(cost) AS cost
    FROM subjects GROUP BY date, kind, subject
),
found AS (
    SELECT id, date, order_count, item_count, revenue, cost,
           CASE WHEN product_id IS NOT NULL THEN 'product' WHEN category_id IS NOT NULL THEN 'category'
                ELSE 'total' END AS kind,
           coalesce(product_id, category_id, 0) AS subject
    FROM analytics_salesaggregate
)
SELECT f.id AS aggregate, date, kind, subject,
       f.order_count AS orders_counted, e.orders AS orders_made,
       f.item_count AS items_counted, e.items AS items_sold,
       f.revenue AS revenue_counted, e.revenue AS revenue_made, f.cost AS cost_counted, e.cost AS cost_made
FROM expected e FULL JOIN found f USING (date, kind, subject)
WHERE (f.order_count, f.item_count, f.revenue, f.cost) IS DISTINCT FROM (e.orders, e.items, e.revenue, e.cost)
  AND date NOT IN (SELECT date FROM waiting)
ORDER BY date, kind, subject
"""


# That orders come and go meanwhile is the next run's work; what no order ever held together is wrong now.
BOUGHT_TOGETHER = """
SELECT t.id, t.product_id, t.other_id, t.place
FROM products_boughttogether t
WHERE NOT EXISTS (
    SELECT FROM orders_orderitem a
    JOIN orders_orderitem b ON b.order_id = a.order_id AND b.product_id = t.other_id
    JOIN orders_order o ON o.id = a.order_id
    WHERE a.product_id = t.product_id AND o.paid_at IS NOT NULL
) OR EXISTS (
    SELECT FROM products_boughttogether same
    WHERE same.product_id = t.product_id AND same.place = t.place AND same.id <> t.id
)
"""


# The first view that the retention has not come to; in the order of the primary key, so it costs one row.
VIEWS_TO_SHORTEN = """
SELECT next.id, next.viewed_at
FROM (
    SELECT * FROM analytics_productview
    WHERE id > coalesce((SELECT shortened_through_id FROM analytics_viewretention), 0) ORDER BY id LIMIT 1
) AS next
WHERE next.viewed_at < now() - interval '{days} days' AND (next.ip_address IS NOT NULL OR next.user_agent IS NOT NULL)
"""
DAYS_LATE = 2


def register() -> None:
    """Have check_integrity prove the aggregates, what is bought together and that views are shortened in time."""
    pairs = IntegrityCheck(
        "What is bought together was, each in a place of its own", BOUGHT_TOGETHER, fix=recount_pairs
    )
    integrity_checks.register("analytics.bought_together", pairs)
    late = VIEWS_TO_SHORTEN.format(days=settings.VIEW_RETENTION_DAYS + DAYS_LATE)
    integrity_checks.register("analytics.views_shortened", IntegrityCheck("Views lose address and agent in time", late))
    check = IntegrityCheck("Aggregates equal orders and refunds", breaches_sql(), recount_breached_days)
    integrity_checks.register("sales_aggregates_equal_orders", check)


def breaches_sql() -> str:
    """The check's SQL in the shop's time zone as it is set now."""
    zone = ZoneInfo(settings.SHOP_TIME_ZONE).key  # a zone that exists, so nothing in it needs quoting
    return _SQL.format(waiting=WAITING.format(zone=zone, subscriber=SUBSCRIBER), zone=zone)


def recount_pairs() -> None:
    """Count again what is bought together."""
    bought_together.refresh_bought_together()


def recount_breached_days() -> None:
    """Count again the days on which a breach was found, each in a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT date FROM ({breaches_sql()}) AS breaches ORDER BY date")  # noqa: S608 - ours
        breached = [row[0] for row in cursor.fetchall()]
    for day in breached:
        list(aggregates.rebuild(first=day, last=day))
