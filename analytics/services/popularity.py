"""How well products sell lately, kept beside them so that lists can sort by it."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

WINDOW = timedelta(days=30)
BATCH_SIZE = 500

# Rows that a checkout holds are skipped, not waited for: so this can neither deadlock with one nor hold it up for
# longer than a batch takes. What is skipped differs still and comes with the next run.
REWRITE = """
WITH sold AS (
    SELECT i.product_id, sum(i.quantity)::int AS units
    FROM orders_order o
    JOIN orders_orderitem i ON i.order_id = o.id
    WHERE o.created_at >= %(since)s AND o.paid_at IS NOT NULL AND i.product_id IS NOT NULL
    GROUP BY i.product_id
),
different AS (
    SELECT l.product_id, coalesce(s.units, 0) AS units
    FROM products_productlisting l
    LEFT JOIN sold s ON s.product_id = l.product_id
    WHERE l.popularity <> coalesce(s.units, 0)
    ORDER BY l.product_id
    LIMIT %(batch)s
    FOR NO KEY UPDATE OF l SKIP LOCKED
)
UPDATE products_productlisting l SET popularity = d.units
FROM different d WHERE d.product_id = l.product_id
"""


def refresh_popularity(*, now: datetime | None = None) -> int:
    """Set each product's popularity to the units of paid orders of the last 30 days; returns how many it changed.

    Writes only rows that differ, in batches, each its own transaction.
    """
    since = (now or timezone.now()) - WINDOW
    changed = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(REWRITE, {"since": since, "batch": BATCH_SIZE})
            written: int = cursor.rowcount
        changed += written
        if written < BATCH_SIZE:
            return changed
