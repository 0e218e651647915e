"""The ledger of prices: triggers write it, this ends what nobody needs any more."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

IDS_PER_STATEMENT = 50_000

# What a reduction is measured by lies within 30 days before the last change: an older row needs a later one of the
# same price that ended 30 days after it or more. So the latest row stays, however old it is.
_DROP = """
DELETE FROM products_pastprice p
WHERE p.id BETWEEN %(first)s AND %(last)s AND p.to_at < %(limit)s AND EXISTS (
    SELECT FROM products_pastprice later
    WHERE later.product_id = p.product_id AND later.variation_id IS NOT DISTINCT FROM p.variation_id
        AND later.to_at >= p.to_at + interval '30 days'
)
"""


def drop_old_prices(*, now: datetime | None = None) -> int:
    """Delete past prices PRICE_HISTORY_DAYS after they ended; returns how many.

    What `lowest_price_30_days` is made of stays. Each statement looks at a bounded number of rows and commits alone.
    """
    limit = (now or timezone.now()) - timedelta(days=settings.PRICE_HISTORY_DAYS)
    dropped = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM products_pastprice")
        lowest, highest = cursor.fetchone()
        for first in range(lowest, highest + 1, IDS_PER_STATEMENT):
            cursor.execute(_DROP, {"first": first, "last": first + IDS_PER_STATEMENT - 1, "limit": limit})
            dropped += cursor.rowcount
    return dropped
