"""The SQL that counts the sales of days, per product, per category and in all."""

from datetime import date

from django.db.backends.utils import CursorWrapper

from analytics import days

# What moved on the days, line by line: sales of orders placed on them that are paid, less refunds made on them.
# Money that came in surplus was never counted as a sale, so its refund lowers nothing. The beginnings of the days say
# which day an instant is of, so that nothing depends on how PostgreSQL knows the zone.
_MOVED = """
moved AS (
    SELECT %(first)s::date + width_bucket(o.created_at, %(beginnings)s::timestamptz[]) - 1 AS date,
           o.id AS order_id,
           i.product_id,
           i.quantity AS items,
           i.total_price - i.discount_share - i.tax_included AS revenue,
           coalesce(i.unit_cost, 0) * i.quantity AS cost
    FROM orders_order o
    JOIN orders_orderitem i ON i.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND o.created_at >= %(start)s AND o.created_at < %(end)s
    UNION ALL
    SELECT %(first)s::date + width_bucket(r.succeeded_at, %(beginnings)s::timestamptz[]) - 1,
           NULL,
           i.product_id,
           -(CASE WHEN r.is_by_lines THEN g.quantity ELSE 0 END),
           -(g.amount - g.tax_amount),
           -(coalesce(i.unit_cost, 0) * g.restocked_quantity)
    FROM payments_refund r
    JOIN payments_payment p ON p.id = r.payment_id
    JOIN orders_order o ON o.id = p.order_id
    JOIN payments_refunditem g ON g.refund_id = r.id
    JOIN orders_orderitem i ON i.id = g.order_item_id
    WHERE r.status = 'succeeded' AND r.succeeded_at >= %(start)s AND r.succeeded_at < %(end)s
      AND o.paid_at IS NOT NULL AND NOT p.is_surplus
)"""

# A product counts in each of the categories that it is in now; the total also holds lines without a product.
_COUNTED = """
counted AS (
    SELECT date, product_id, NULL::bigint AS category_id, count(DISTINCT order_id) AS orders,
           sum(items) AS items, sum(revenue) AS revenue, sum(cost) AS cost
    FROM moved WHERE product_id IS NOT NULL GROUP BY date, product_id
    UNION ALL
    SELECT date, NULL, c.category_id, count(DISTINCT m.order_id), sum(m.items), sum(m.revenue), sum(m.cost)
    FROM moved m JOIN products_product_categories c USING (product_id) GROUP BY date, c.category_id
    UNION ALL
    SELECT date, NULL, NULL, count(DISTINCT order_id), sum(items), sum(revenue), sum(cost)
    FROM moved GROUP BY date
)"""

# Rows that are right already are left out here, so they are neither written nor locked.
_DIFFERENT = """
different AS MATERIALIZED (
    SELECT a.id, c.*
    FROM counted c
    FULL JOIN (SELECT * FROM analytics_salesaggregate WHERE date BETWEEN %(first)s AND %(last)s) a
        ON a.date = c.date AND coalesce(a.product_id, 0) = coalesce(c.product_id, 0)
        AND coalesce(a.category_id, 0) = coalesce(c.category_id, 0)
    WHERE a.id IS NULL OR (a.order_count, a.item_count, a.revenue, a.cost) IS DISTINCT FROM
        (c.orders, c.items, c.revenue, c.cost)
)"""

# One statement, so that what is deleted and what is written come from the same snapshot. The dates are told again to
# each part: they keep it within the days, however many rows the planner expects to differ.
_REWRITE = f"""
WITH {_MOVED}, {_COUNTED}, {_DIFFERENT},
vanished AS (
    DELETE FROM analytics_salesaggregate a USING different d
    WHERE a.id = d.id AND d.orders IS NULL AND a.date BETWEEN %(first)s AND %(last)s
),
changed AS (
    UPDATE analytics_salesaggregate a
    SET order_count = d.orders, item_count = d.items, revenue = d.revenue, cost = d.cost, profit = d.revenue - d.cost
    FROM different d
    WHERE a.id = d.id AND d.orders IS NOT NULL AND a.date BETWEEN %(first)s AND %(last)s
)
INSERT INTO analytics_salesaggregate
    (date, product_id, category_id, order_count, item_count, revenue, cost, profit)
SELECT date, product_id, category_id, orders, items, revenue, cost, revenue - cost
FROM different WHERE id IS NULL
ORDER BY date, product_id, category_id
"""  # noqa: S608 - constants of this module

# Some days are sorted in memory instead of on disk; compiling the statement costs more than counting a day.
_FOR_THIS_TRANSACTION = "SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"


def rewrite_days(cursor: CursorWrapper, *, first: date, last: date) -> None:
    """Write the aggregates of the days from the first to the last where they differ from orders and refunds.

    Runs in the caller's transaction, which holds the rows of these days in `AggregatedDay` locked. Every other table
    that is kept by day is to be rewritten by a function like this one, called beside it.
    """
    span = days.span_of(first, last)
    beginnings = [days.beginning_of(day) for day in days.days_of(first, last)]
    cursor.execute(_FOR_THIS_TRANSACTION)
    cursor.execute(
        _REWRITE, {"first": first, "last": last, "start": span.start, "end": span.end, "beginnings": beginnings}
    )
