"""Reads the native format of orders into the staging tables, and checks what one row cannot tell."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from common.imports.copying import CopiedLines
from common.imports.errors import FileRefused, Refusal, RefusedRow
from common.imports.listening import Listener, watched_rows
from common.imports.reading import OpenTable, RawRow
from common.imports.refused_files import ERROR_COLUMN
from common.imports.shapes import wrong_shape
from common.money import MAX_AMOUNT
from payments.imports.comparing import ORDER_REFUSED
from payments.imports.formats import OrderFormat, Staged
from payments.imports.native_rows import COLUMNS, ORDER_COLUMNS, TYPES, WrongCells, parse_row
from payments.imports.native_staging import STAGE
from payments.imports.staging import ROW_COLUMNS

_CREATE = f"""
CREATE TEMPORARY TABLE import_row (
    {", ".join(f"{column} {kind}" for column, kind in TYPES.items())},
    place integer,
    is_broken boolean NOT NULL DEFAULT false,
    {ROW_COLUMNS}
) ON COMMIT DROP
"""
_COPY = f"COPY import_row (line, cells, is_broken, {', '.join(COLUMNS)}) FROM STDIN"
# The first row of each order speaks for it. Lines are counted from 1, as refunds name them.
_PREPARE = """
CREATE INDEX ON import_row (order_number);
UPDATE import_row r SET place = d.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY order_number ORDER BY id) AS place FROM import_row WHERE refund IS NULL
) d WHERE d.id = r.id;

DROP TABLE IF EXISTS import_first;
CREATE TEMPORARY TABLE import_first ON COMMIT DROP AS
SELECT DISTINCT ON (order_number) * FROM import_row WHERE order_number IS NOT NULL ORDER BY order_number, id;
CREATE UNIQUE INDEX ON import_first (order_number);
ANALYZE import_row;
ANALYZE import_first;
"""


@dataclass(frozen=True)
class _Check:
    """Rows `r`, of orders that begin with `f`, that the condition refuses; after staging, of staged orders `s`."""

    code: str
    column: str
    reason: str
    condition: str


_DIFFERS = " OR ".join(f"r.{column} <> coalesce(f.{column}, r.{column})" for column in ORDER_COLUMNS)
_ADDS = " OR ".join(f"(r.{column} IS NOT NULL AND f.{column} IS NULL)" for column in ORDER_COLUMNS)
_FIRST = "r.id = f.id AND"
_PAID = "('confirmed', 'processing', 'shipped', 'delivered', 'refunded')"
_BEFORE = (
    *(
        _Check("required", column, "the first row of an order must tell it", f"{_FIRST} r.{column} IS NULL")
        for column in ("created_at", "status", "email")
    ),
    _Check("order_differs", "order_number", "an earlier row tells of this order otherwise", f"{_DIFFERS} OR {_ADDS}"),
    _Check("other_currency", "currency", "the shop sells in another currency", f"{_FIRST} r.currency <> %(currency)s"),
    *(
        _Check("in_the_future", column, "lies in the future", f"r.{column} > clock_timestamp()")
        for column in ("created_at", "paid_at", "refunded_at")
    ),
    _Check(
        "paid_without_time",
        "paid_at",
        "an order of this status was paid: say when",
        f"{_FIRST} r.status IN {_PAID} AND r.paid_at IS NULL",
    ),
    _Check(
        "pending_but_paid",
        "paid_at",
        "a pending order is not paid",
        f"{_FIRST} r.status = 'pending' AND r.paid_at IS NOT NULL",
    ),
    _Check(
        "no_such_line",
        "refund_line",
        "the order has no such line",
        """r.refund_line IS NOT NULL AND NOT EXISTS (
               SELECT FROM import_row i WHERE i.order_number = r.order_number AND i.place = r.refund_line)""",
    ),
    _Check(
        "refund_unpaid",
        "refund",
        "nothing can be refunded of what was not paid",
        "r.refund IS NOT NULL AND f.paid_at IS NULL",
    ),
    _Check(
        "no_lines",
        "order_number",
        "the order has no line",
        "NOT EXISTS (SELECT FROM import_row i WHERE i.order_number = r.order_number AND i.refund IS NULL)",
    ),
)
_REFUNDED = "coalesce((SELECT sum(x.amount) FROM import_refund x WHERE x.order_id = s.id), 0)"
_AFTER = (
    _Check(
        "total_differs",
        "total",
        "lines, shipping and tax less the discount come to another total",
        f"{_FIRST} r.total <> s.total",
    ),
    _Check(
        "discount_differs",
        "discount",
        "is not what the lines and shipping take, or more than they cost",
        f"""{_FIRST} (s.discount < 0 OR s.discount <> coalesce(r.discount, s.discount)
               OR s.shipping_discount > s.shipping_cost OR EXISTS (
               SELECT FROM import_item i WHERE i.order_id = s.id AND i.discount_share > i.price * i.quantity))""",
    ),
    _Check(
        "tax_differs",
        "tax",
        "is not the tax of the lines and of shipping",
        f"{_FIRST} s.tax + s.tax_included <> coalesce(r.tax, s.tax + s.tax_included)",
    ),
    _Check(
        "too_large",
        "total",
        "comes to more than the shop can keep",
        f"""{_FIRST} (s.subtotal + s.shipping_cost + s.tax > {MAX_AMOUNT} OR EXISTS (
               SELECT FROM import_item i WHERE i.order_id = s.id AND i.price * i.quantity > {MAX_AMOUNT}))""",
    ),
    _Check(
        "refund_too_high",
        "refund_amount",
        "more than was paid for it comes back",
        f"""r.refund IS NOT NULL AND ({_REFUNDED} > s.total OR EXISTS (
               SELECT FROM import_item i JOIN import_refund_item g ON g.order_item_id = i.id WHERE i.order_id = s.id
               GROUP BY i.id HAVING sum(g.amount) > i.price * i.quantity - i.discount_share + i.tax_added
                   OR sum(g.quantity) > i.quantity OR sum(g.restocked_quantity) > i.quantity))""",
    ),
    _Check(
        "refund_of_nothing",
        "refund_amount",
        "a refund gives something back",
        """r.refund IS NOT NULL AND EXISTS (SELECT FROM import_refund x WHERE x.order_id = s.id AND x.amount = 0)""",
    ),
    _Check(
        "not_refunded",
        "status",
        "an order is refunded, or cancelled after it was paid, when all money went back",
        f"""{_FIRST} s.total > 0 AND {_REFUNDED} < s.total
               AND (s.status = 'refunded' OR (s.status = 'cancelled' AND s.paid_at IS NOT NULL))""",
    ),
    _Check(
        "is_refunded",
        "status",
        "all of its money went back: it is refunded",
        f"""{_FIRST} s.total > 0 AND {_REFUNDED} = s.total
               AND s.status IN ('confirmed', 'processing', 'shipped', 'delivered')""",
    ),
    _Check(
        "transaction_taken",
        "transaction_id",
        "another order has this payment",
        f"""{_FIRST} (EXISTS (SELECT FROM import_first o WHERE o.transaction_id = r.transaction_id AND o.id < r.id)
               OR EXISTS (SELECT FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
                   WHERE p.payment_method = 'manual' AND p.transaction_id = r.transaction_id
                   AND o.order_number <> r.order_number))""",
    ),
)
_REFUSE_WHOLE = f"""
UPDATE import_row r
SET refusal_code = '{ORDER_REFUSED}', refusal_column = '', refusal_value = r.order_number,
    refusal_reason = 'the order is refused for line ' || f.line
FROM (
    SELECT order_number, min(line) AS line FROM import_row WHERE refusal_code IS NOT NULL OR is_broken
    GROUP BY order_number
) f
WHERE f.order_number = r.order_number AND r.refusal_code IS NULL AND NOT r.is_broken
"""
_DROP_REFUSED = """
UPDATE import_order s SET action = 'refuse' FROM import_row r
WHERE r.order_id = s.id AND r.refusal_code IS NOT NULL
"""


def stage(table: OpenTable, told: Listener) -> Staged:
    """Fill the staging tables; an order is taken with all its rows or not at all. Raises FileRefused."""
    unknown = [column for column in table.header if column not in {*COLUMNS, ERROR_COLUMN}]
    if unknown:
        raise FileRefused(f"unknown columns: {', '.join(unknown)}; docs/import.md lists those of the native format")
    if len(set(table.header)) < len(table.header):
        raise FileRefused("the header names a column twice")
    values: dict[str, str | bool] = {
        "currency": settings.SHOP_CURRENCY,
        "prices_include_tax": settings.PRICES_INCLUDE_TAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        unread = _copy(table, told)
        cursor.execute(_PREPARE)
        cursor.execute(_REFUSE_WHOLE)
        for check in _BEFORE:
            cursor.execute(_refuse(check, ""), values)
        cursor.execute(_REFUSE_WHOLE)
        for statement in STAGE:
            cursor.execute(statement, values)
        for check in _AFTER:
            cursor.execute(_refuse(check, "JOIN import_order s ON s.id = r.order_id"), values)
        cursor.execute(_REFUSE_WHOLE)
        cursor.execute(_DROP_REFUSED)
        cursor.execute("DELETE FROM import_row WHERE is_broken")
    return Staged(unread=unread)


def _refuse(check: _Check, joined: str) -> str:
    return f"""
        UPDATE import_row t
        SET refusal_code = '{check.code}', refusal_column = '{check.column}', refusal_value = coalesce(d.value, ''),
            refusal_reason = '{check.reason}'
        FROM (
            SELECT r.id, r.{check.column}::text AS value
            FROM import_row r JOIN import_first f ON f.order_number = r.order_number {joined}
            WHERE r.refusal_code IS NULL AND NOT r.is_broken AND ({check.condition})
        ) d
        WHERE d.id = t.id
    """


def _copy(table: OpenTable, told: Listener) -> int:
    lines, unread = CopiedLines(_COPY), 0
    for raw in watched_rows(table, told):
        cells = dict(zip(table.header, raw.cells, strict=False))
        refusals = [wrong] if (wrong := wrong_shape(raw, len(table.header))) else []
        if not refusals:
            try:
                row = parse_row(cells)
                lines.add((raw.line, raw.cells, False, *(row[column] for column in COLUMNS)))
            except WrongCells as error:
                refusals = [Refusal(raw.line, *_told(each)) for each in error.wrong]
                _keep_broken(lines, raw, cells)
        if refusals:
            unread += 1
            told.refused(RefusedRow(raw.line, raw.cells, refusals))
    lines.flush()
    return unread


def _told(wrong: tuple[str, str, Exception]) -> tuple[str, str, str, str]:
    column, value, error = wrong
    return column, value, getattr(error, "code", ""), str(error)


def _keep_broken(lines: CopiedLines, raw: RawRow, cells: dict[str, str]) -> None:
    """The rest of the order must not be taken without this row."""
    number = cells.get("order_number", "").strip().upper()
    lines.add((raw.line, raw.cells, True, number or None, *(None for _ in COLUMNS[1:])))


NATIVE = OrderFormat(name="native", required=("order_number", "sku", "product_name", "quantity", "price"), stage=stage)
