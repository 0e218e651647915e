"""Remembers what an import of orders changes, so that it can be undone."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db import connection

from common.models import ImportBatch

_INSERT = "INSERT INTO common_importchange (batch_id, kind, action, target_id, label, line, before, after)"

# An updated order is remembered with all its parts, as rows: the undo brings back those very rows.
SNAPSHOT = """
jsonb_build_object(
    'order', to_jsonb(o) - 'updated_at',
    'items', (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.id) FROM orders_orderitem i WHERE i.order_id = o.id),
    'payments', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.id) FROM payments_payment p WHERE p.order_id = o.id),
    'refunds', (
        SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id)
        FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE p.order_id = o.id
    ),
    'refund_items', (
        SELECT jsonb_agg(to_jsonb(g) ORDER BY g.id)
        FROM payments_refunditem g JOIN payments_refund r ON r.id = g.refund_id
        JOIN payments_payment p ON p.id = r.payment_id WHERE p.order_id = o.id
    )
)
"""
_REMEMBER_UPDATED = f"""
{_INSERT}
SELECT %(batch)s, 'order', 'updated', o.id, o.order_number, s.line, {SNAPSHOT}, jsonb_build_object('digest', s.digest)
FROM import_order s JOIN orders_order o ON o.id = s.target_id
WHERE s.action = 'update' ORDER BY s.id
"""
_REMEMBER_CREATED = f"""
{_INSERT}
SELECT %(batch)s, 'order', 'created', s.target_id, s.order_number, s.line, NULL, jsonb_build_object('digest', s.digest)
FROM import_order s WHERE s.action = 'create' ORDER BY s.id
"""


class Batch:
    """The memory of one import, filled while its orders are merged, in the import's own transaction."""

    def __init__(self, row: ImportBatch) -> None:
        self.row = row

    def remember_before(self) -> None:
        """Note the orders about to be updated as they are; needs their locks."""
        self._execute(_REMEMBER_UPDATED)

    def remember_results(self) -> None:
        """Note the orders that the import created."""
        self._execute(_REMEMBER_CREATED)

    def _execute(self, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"batch": self.row.id})
