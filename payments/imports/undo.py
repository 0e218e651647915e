"""Undoes a batch of orders, for `common.imports.batches.undo_batch`."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from authentication.imports.undo import undo_accounts
from common.imports.batches import check_references
from common.imports.blocks import read_blocks
from common.imports.listening import Undone, UndoSummary
from common.imports.references import uses
from orders.models import Order, OrderEvent, OrderItem
from payments.imports.clearing import clear_orders
from payments.imports.comparing import WORKED_ON
from payments.imports.content import SHOP, digests
from payments.imports.days import Days
from payments.models import Payment, Refund, RefundItem
from products.imports.undo.service import undo_products

_PLAN = """
DROP TABLE IF EXISTS undo_order;
CREATE TEMPORARY TABLE undo_order ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY line, id) AS id, id AS change_id, kind, action, target_id, label, line, before,
    after, '' AS outcome, '' AS reason
FROM common_importchange
WHERE batch_id = %s AND kind = 'order';
ALTER TABLE undo_order ADD PRIMARY KEY (id);
CREATE INDEX ON undo_order (target_id);
ANALYZE undo_order;
"""
_LOCK = """
SELECT count(*) FROM (
    SELECT o.id FROM orders_order o WHERE o.id IN (SELECT target_id FROM undo_order) ORDER BY o.id FOR UPDATE OF o
) locked
"""
_LEAVE_GONE = """
UPDATE undo_order u SET outcome = CASE action WHEN 'created' THEN 'put_back' ELSE 'left' END,
    reason = CASE action WHEN 'created' THEN '' ELSE 'was deleted since' END
WHERE NOT EXISTS (SELECT FROM orders_order o WHERE o.id = u.target_id)
"""
_LEAVE_CHANGED = f"""
UPDATE undo_order u SET outcome = 'left', reason = 'changed since'
FROM ({digests(SHOP, chosen="SELECT target_id AS id FROM undo_order")}) d
WHERE d.id = u.target_id AND d.digest <> u.after ->> 'digest'
"""
_LEAVE_WORKED_ON = f"""
UPDATE undo_order u SET outcome = 'left', reason = 'changed since: payments'
FROM orders_order o WHERE u.outcome = '' AND o.id = u.target_id AND {WORKED_ON}
"""

GOING = "SELECT target_id FROM undo_order WHERE outcome = '' AND action = 'created'"
GOING_BACK = "SELECT target_id FROM undo_order WHERE outcome = '' AND action = 'updated'"
_DELETE = f"DELETE FROM orders_order o WHERE o.id IN ({GOING})"
_RESTORE_ORDERS = """
UPDATE orders_order o SET {settings}
FROM (
    SELECT n.* FROM undo_order u JOIN orders_order p ON p.id = u.target_id
    CROSS JOIN LATERAL jsonb_populate_record(p, u.before -> 'order') n
    WHERE u.outcome = '' AND u.action = 'updated'
) n
WHERE n.id = o.id
"""
# Triggers move no time of rows that are inserted, so these come back to the letter.
_RESTORE_PARTS = """
INSERT INTO {table}
SELECT n.* FROM undo_order u
CROSS JOIN LATERAL jsonb_populate_recordset(NULL::{table}, nullif(u.before -> '{part}', 'null')) n
WHERE u.outcome = '' AND u.action = 'updated'
"""
_FORGET_EVENT = f"""
DELETE FROM orders_orderevent e
WHERE e.order_id IN ({GOING_BACK}) AND e.code = 'import_updated' AND e.detail = %s
"""
_CONCLUDE = """
UPDATE undo_order SET outcome = 'put_back' WHERE outcome = '';
UPDATE common_importchange c SET outcome = u.outcome, reason = u.reason FROM undo_order u WHERE c.id = u.change_id;
"""
_COUNT = """
SELECT count(*) FILTER (WHERE outcome = 'put_back'), count(*) FILTER (WHERE outcome <> 'put_back') FROM undo_order
"""


def undo_orders(batch_id: int, actor: Any, listener: Callable[[Undone], None]) -> UndoSummary:
    """Put back the orders of a batch that nobody has changed since; needs the caller's transaction.

    New orders are deleted with their lines, payments and refunds; updated ones get back the very rows that they had.
    Products and accounts that the batch made go too where nothing else needs them. Days' sales are counted again.
    Locks the orders by id, then the products by id, then the accounts by id.
    """
    days = Days(zone=settings.SHOP_TIME_ZONE)
    with connection.cursor() as cursor:
        _plan(cursor, batch_id)
        days.note(chosen=f"{GOING} UNION ALL {GOING_BACK}")
        clear_orders(chosen=GOING, keep_events=False)
        clear_orders(chosen=GOING_BACK, keep_events=True)
        cursor.execute(_DELETE)
        _restore(cursor, batch_id)
        days.note(chosen=GOING_BACK)
        cursor.execute(_CONCLUDE)
        cursor.execute(_COUNT)
        summary = UndoSummary(*cursor.fetchone())
    check_references()
    days.tell(batch_id=batch_id)
    _tell(listener)
    others = (undo_products(batch_id, actor, listener), undo_accounts(batch_id, actor, listener))
    return UndoSummary(
        put_back=summary.put_back + sum(each.put_back for each in others),
        left=summary.left + sum(each.left for each in others),
    )


def _plan(cursor: CursorWrapper, batch_id: int) -> None:
    cursor.execute(_PLAN, [batch_id])
    cursor.execute(_LOCK)
    for statement in (_LEAVE_GONE, _LEAVE_CHANGED, _LEAVE_WORKED_ON, *_leave_used()):
        cursor.execute(statement)


def _leave_used() -> list[str]:
    """What refers to an order or to a part of it, but is no part itself, such as an invoice, keeps it."""
    parts = (Order, OrderEvent, OrderItem, Payment, Refund, RefundItem)
    subjects: tuple[tuple[type[Model], str], ...] = (
        (Order, "u.target_id"),
        (OrderItem, "ANY(ARRAY(SELECT i.id FROM orders_orderitem i WHERE i.order_id = u.target_id))"),
        (Payment, "ANY(ARRAY(SELECT p.id FROM payments_payment p WHERE p.order_id = u.target_id))"),
    )
    pieces = [piece for model, key in subjects for piece in uses(model, key=key, parts=parts)]
    found = f"concat_ws(', ', {', '.join(pieces)})"
    return [
        f"""
        UPDATE undo_order u SET outcome = 'left', reason = 'in use: ' || {found}
        WHERE u.outcome = '' AND {found} <> ''
        """
    ]


def _restore(cursor: CursorWrapper, batch_id: int) -> None:
    columns = [
        field.column
        for field in Order._meta.local_concrete_fields  # noqa: SLF001
        if field.column not in {"id", "updated_at"}
    ]
    cursor.execute(_RESTORE_ORDERS.format(settings=", ".join(f"{column} = n.{column}" for column in columns)))
    for part, table in (
        ("items", "orders_orderitem"),
        ("payments", "payments_payment"),
        ("refunds", "payments_refund"),
        ("refund_items", "payments_refunditem"),
    ):
        cursor.execute(_RESTORE_PARTS.format(table=table, part=part))
    cursor.execute(_FORGET_EVENT, [f"Import {batch_id}"])


def _tell(listener: Callable[[Undone], None]) -> None:
    columns = "r.line, r.kind, r.action, r.label, r.outcome, r.reason"
    for block in read_blocks(columns, "true", table="undo_order"):
        for _, line, kind, action, label, outcome, reason in block:
            listener(Undone(line, kind, action, label, outcome, {}, reason))
