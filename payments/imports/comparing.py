"""Finds out what an import would do with each staged order: create, update, leave as it is, skip or refuse it."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from dataclasses import dataclass

from django.db import connection

from common.imports.listening import Mode
from payments.imports.content import SHOP, STAGED, digests

ORDER_REFUSED = "order_refused"

FIND_TARGETS = """
UPDATE import_order s SET target_id = o.id FROM orders_order o WHERE o.order_number = s.order_number;
ANALYZE import_order
"""
_DIGEST_STAGED = f"""
UPDATE import_order s SET digest = d.digest
FROM ({digests(STAGED, chosen="SELECT id FROM import_order WHERE action <> 'refuse'")}) d WHERE d.id = s.id
"""
DIGEST_SHOP = f"""
UPDATE import_order s SET digest_now = d.digest
FROM ({digests(SHOP, chosen="SELECT target_id AS id FROM import_order WHERE target_id IS NOT NULL")}) d
WHERE d.id = s.target_id
"""
_DECIDE = """
UPDATE import_order SET action = CASE
    WHEN target_id IS NULL THEN CASE WHEN %(mode)s = 'update' THEN 'skip' ELSE 'create' END
    WHEN %(mode)s = 'create' THEN 'skip'
    WHEN digest = digest_now THEN 'unchanged'
    ELSE 'update'
END
WHERE action <> 'refuse';
ANALYZE import_order;
"""


_LOCK = """
SELECT count(*) FROM (
    SELECT o.id FROM orders_order o WHERE o.id IN (SELECT target_id FROM import_order WHERE action = 'update')
    ORDER BY o.id FOR UPDATE OF o
) locked
"""


@dataclass(frozen=True)
class Protected:
    """Orders of the shop, `o`, that an import must not change; staged as `s`."""

    code: str
    reason: str
    condition: str


# Attempts to pay and refunds under way are no content of an order `o`, but somebody's work all the same.
WORKED_ON = """EXISTS (
    SELECT FROM payments_payment p WHERE p.order_id = o.id
    AND (p.is_surplus OR p.status NOT IN ('succeeded', 'partially_refunded', 'refunded')
        OR EXISTS (SELECT FROM payments_refund r WHERE r.payment_id = p.id AND r.status <> 'succeeded'))
)"""
PROTECTED = (
    Protected(
        "made_by_the_shop",
        "this shop sold the order; an import changes none of those",
        "o.imported_at IS NULL",
    ),
    Protected(
        "changed_since",
        "the order was changed since it was imported",
        f"o.imported_at IS NOT NULL AND (o.imported_digest <> s.digest_now OR {WORKED_ON})",
    ),
)


def compare_orders(*, mode: Mode) -> None:
    """Decide each order's action by its content; what the shop has and must not change is refused."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_TARGETS)
        cursor.execute(_DIGEST_STAGED)
        cursor.execute(DIGEST_SHOP)
        cursor.execute(_DECIDE, {"mode": mode.value})
    refuse_protected()


def lock_changing() -> None:
    """Lock the orders that are about to change, by id, and refuse those that somebody changed meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if cursor.fetchone()[0]:
            cursor.execute(DIGEST_SHOP)
            refuse_protected()


def refuse_protected() -> None:
    """Refuse the orders about to change that an import must not change."""
    with connection.cursor() as cursor:
        for each in PROTECTED:
            cursor.execute(_refuse_protected(each))


def _refuse_protected(each: Protected) -> str:
    return f"""
        UPDATE import_row r
        SET refusal_code = '{each.code}', refusal_column = '', refusal_value = s.order_number,
            refusal_reason = '{each.reason}'
        FROM import_order s JOIN orders_order o ON o.id = s.target_id
        WHERE r.order_id = s.id AND s.action = 'update' AND r.refusal_code IS NULL AND {each.condition};

        UPDATE import_order s SET action = 'refuse' FROM orders_order o
        WHERE o.id = s.target_id AND s.action = 'update' AND {each.condition};
    """
