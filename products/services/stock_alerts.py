"""Low stock told to staff: each fall once, all that fell since the last time in one mail."""

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from common.locking import advisory_lock
from common.mail import queue_mail
from products.models import StockAlert

MOST_LINES = 50

_LOW = """
SELECT p.id AS product_id, v.id AS variation_id, coalesce(v.stock_quantity, p.stock_quantity) AS level,
    p.low_stock_threshold AS threshold
FROM products_product p LEFT JOIN products_productvariation v ON v.product_id = p.id
WHERE p.is_active AND v.is_active IS NOT FALSE
    AND coalesce(v.stock_quantity, p.stock_quantity) <= p.low_stock_threshold
"""
_FORGET_RECOVERED = f"""
DELETE FROM products_stockalert a WHERE NOT EXISTS (
    SELECT FROM ({_LOW}) low
    WHERE low.product_id = a.product_id AND low.variation_id IS NOT DISTINCT FROM a.variation_id
)
"""  # noqa: S608 - of the constants above
_FIND = f"""
INSERT INTO products_stockalert (product_id, variation_id, level, threshold)
SELECT product_id, variation_id, level, threshold FROM ({_LOW}) low ORDER BY product_id, variation_id
ON CONFLICT DO NOTHING
"""  # noqa: S608 - of the constants above


@transaction.atomic
def refresh_alerts() -> int:
    """Find what has fallen to its threshold or below, forget what has recovered, and queue one mail of what is new.

    Whoever changed the levels, bare SQL included. Returns how many levels the mail tells of. Runs one at a time, so
    running twice tells nothing twice.
    """
    advisory_lock("products:stock-alerts")
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_RECOVERED)
        cursor.execute(_FIND)
    return _tell()


def _tell() -> int:
    untold = StockAlert.objects.filter(told_at=None)
    recipients = ", ".join(settings.STOCK_ALERT_EMAILS)
    count = untold.count()
    if not recipients or not count:
        return 0
    shown = list(untold.select_related("product", "variation").order_by("level", "id")[:MOST_LINES])
    newest = max(untold.order_by("-id").values_list("id", flat=True)[:1])
    queue_mail(
        kind="stock_alerts",
        resource=f"stock_alerts:{newest}",
        recipient=recipients,
        template="products/mails/stock_alerts",
        context={"lines": [_line(alert) for alert in shown], "count": count, "more": count - len(shown)},
        is_internal=True,
    )
    untold.update(told_at=timezone.now())
    return count


def _line(alert: StockAlert) -> dict[str, Any]:
    product, variation = alert.product, alert.variation
    return {
        "name": f"{product.name} ({variation})" if variation else product.name,
        "sku": variation.sku if variation else product.sku,
        "level": alert.level,
        "threshold": alert.threshold,
    }
