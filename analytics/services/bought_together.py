"""Which products are bought together, kept beside them for their pages to show."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from common.locking import advisory_lock
from products.models.related import MOST_OTHERS

WINDOW = timedelta(days=365)
LEAST_ORDERS = 2  # with both; once is chance
MOST_PRODUCTS = 50  # of an order that tells something; a reseller's tells nothing, and its pairs grow by the square

# Orders with both, measured by how often the other is bought at all, so that what everybody buys is not everywhere:
# the cosine of the two, as far as it differs between the others of one product.
_MERGE = """
WITH line AS MATERIALIZED (
    SELECT order_id, product_id FROM (
        SELECT i.order_id, i.product_id, count(*) OVER (PARTITION BY i.order_id) AS products
        FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id
        WHERE o.created_at >= %(since)s AND o.paid_at IS NOT NULL AND o.status <> 'cancelled'
            AND i.product_id IS NOT NULL
        GROUP BY i.order_id, i.product_id
    ) i
    WHERE products BETWEEN 2 AND %(most_products)s
),
sold AS (SELECT product_id, count(*) AS orders FROM line GROUP BY product_id),
pair AS (
    SELECT a.product_id, b.product_id AS other_id, count(*) AS orders
    FROM line a JOIN line b ON b.order_id = a.order_id AND b.product_id <> a.product_id
    GROUP BY a.product_id, b.product_id HAVING count(*) >= %(least_orders)s
),
placed AS (
    SELECT p.product_id, p.other_id, p.orders, row_number() OVER (
        PARTITION BY p.product_id ORDER BY p.orders / sqrt(s.orders) DESC, p.orders DESC, p.other_id
    ) AS place
    FROM pair p JOIN sold s ON s.product_id = p.other_id
)
MERGE INTO products_boughttogether t
USING (SELECT * FROM placed WHERE place <= %(most_others)s) s
ON t.product_id = s.product_id AND t.other_id = s.other_id
WHEN MATCHED AND (t.place, t.order_count) IS DISTINCT FROM (s.place, s.orders)
    THEN UPDATE SET place = s.place, order_count = s.orders
WHEN NOT MATCHED BY TARGET
    THEN INSERT (product_id, other_id, place, order_count) VALUES (s.product_id, s.other_id, s.place, s.orders)
WHEN NOT MATCHED BY SOURCE THEN DELETE
"""


@transaction.atomic
def refresh_bought_together(*, now: datetime | None = None) -> int:
    """Count again what is bought together in the paid orders of the last year; returns how many rows it changed.

    One statement, which writes only what differs: readers see the pairs before or those after. Two runs wait for each
    other.
    """
    advisory_lock("analytics:bought-together")
    with connection.cursor() as cursor:
        cursor.execute(
            _MERGE,
            {
                "since": (now or timezone.now()) - WINDOW,
                "least_orders": LEAST_ORDERS,
                "most_products": MOST_PRODUCTS,
                "most_others": MOST_OTHERS,
            },
        )
        changed: int = cursor.rowcount
    return changed
