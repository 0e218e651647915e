"""The SQL that counts one day's sales, per product, per category and in all."""

# What moved on the day, line by line: sales of orders placed on it that are paid, less refunds made on it.
# Money that came in surplus was never counted as a sale, so its refund lowers nothing.
_MOVED = """
moved AS (
    SELECT o.id AS order_id,
           i.product_id,
           i.quantity AS items,
           i.total_price - i.discount_share - i.tax_included AS revenue,
           coalesce(i.unit_cost, 0) * i.quantity AS cost
    FROM orders_order o
    JOIN orders_orderitem i ON i.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND o.created_at >= %(start)s AND o.created_at < %(end)s
    UNION ALL
    SELECT NULL,
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
    SELECT product_id, NULL::bigint AS category_id, count(DISTINCT order_id) AS orders,
           sum(items) AS items, sum(revenue) AS revenue, sum(cost) AS cost
    FROM moved WHERE product_id IS NOT NULL GROUP BY product_id
    UNION ALL
    SELECT NULL, c.category_id, count(DISTINCT m.order_id), sum(m.items), sum(m.revenue), sum(m.cost)
    FROM moved m JOIN products_product_categories c USING (product_id) GROUP BY c.category_id
    UNION ALL
    SELECT NULL, NULL, count(DISTINCT order_id), sum(items), sum(revenue), sum(cost)
    FROM moved HAVING count(*) > 0
)"""

# One statement, so that what is deleted and what is written come from the same snapshot; rows that are right
# already are not touched.
REWRITE_DAY = f"""
WITH {_MOVED}, {_COUNTED},
vanished AS (
    DELETE FROM analytics_salesaggregate a
    WHERE a.date = %(day)s AND NOT EXISTS (
        SELECT 1 FROM counted c
        WHERE coalesce(c.product_id, 0) = coalesce(a.product_id, 0)
          AND coalesce(c.category_id, 0) = coalesce(a.category_id, 0)
    )
)
INSERT INTO analytics_salesaggregate AS a
    (date, product_id, category_id, order_count, item_count, revenue, cost, profit)
SELECT %(day)s, product_id, category_id, orders, items, revenue, cost, revenue - cost
FROM counted
ORDER BY product_id, category_id
ON CONFLICT (date, product_id, category_id) DO UPDATE
SET order_count = excluded.order_count, item_count = excluded.item_count,
    revenue = excluded.revenue, cost = excluded.cost, profit = excluded.profit
WHERE (a.order_count, a.item_count, a.revenue, a.cost, a.profit)
    IS DISTINCT FROM (excluded.order_count, excluded.item_count, excluded.revenue, excluded.cost, excluded.profit)
"""  # noqa: S608 - constants of this module
