"""Which days' sales an import touches: told in one event, for whoever counts sales by day."""

from datetime import datetime

from django.db import connection

from common import outbox
from orders.querysets import customers

EVENT = "orders.imported"

_SPANS = """
SELECT (d.at AT TIME ZONE %(zone)s)::date AS day, min(d.at), max(d.at)
FROM (
    SELECT o.created_at AS at FROM orders_order o WHERE o.paid_at IS NOT NULL AND o.id IN ({chosen})
    UNION ALL
    SELECT r.succeeded_at FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
    WHERE r.status = 'succeeded' AND p.order_id IN ({chosen})
    UNION ALL
    {next}
) d
GROUP BY 1 ORDER BY 1
"""


class Days:
    """Collects, by day of the shop's time zone, the first and last instant at which something was sold or refunded."""

    def __init__(self, *, zone: str) -> None:
        self._zone = zone
        self._instants: set[tuple[datetime, datetime]] = set()

    def note(self, *, chosen: str) -> None:
        """Add the days of the orders whose ids the SQL yields, as the shop has them now.

        So with the days of what the same customers paid next, which the orders tell to be new or returning.
        """
        statement = _SPANS.format(chosen=chosen, next=customers.placed_next(chosen=chosen))
        with connection.cursor() as cursor:
            cursor.execute(statement, {"zone": self._zone})
            self._instants.update((first, last) for _, first, last in cursor.fetchall())

    def tell(self, *, batch_id: int) -> None:
        """Write the event, in the transaction that makes it true; none where no sale was touched."""
        if self._instants:
            spans = [[first.isoformat(), last.isoformat()] for first, last in sorted(self._instants)]
            outbox.emit(EVENT, resource=f"import_batch:{batch_id}", spans=spans)
