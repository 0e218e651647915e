"""Reads invoice lines into the staging tables: each line becomes a sold line, a refund, or is refused with a reason."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections import Counter
from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from common.imports.copying import CopiedLines
from common.imports.errors import Refusal, RefusedRow
from common.imports.listening import Listener, watched_rows
from common.imports.reading import OpenTable, RawRow
from common.imports.shapes import wrong_shape
from payments.imports.comparing import DIGEST_SHOP, FIND_TARGETS, PROTECTED
from payments.imports.formats import OrderFormat, Staged
from payments.imports.staging import ROW_COLUMNS
from payments.imports.uci.cancelling import stage_refunds
from payments.imports.uci.countries import CODES
from payments.imports.uci.parsing import COLUMNS, WrongCell, parse_cells
from payments.imports.uci.rules import FREE, REASONS_LATER, RULES, SALE, TOLD

_CREATE = f"""
DROP TABLE IF EXISTS import_country, import_product, import_account;
CREATE TEMPORARY TABLE import_row (
    number text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    quantity integer NOT NULL,
    at timestamp NOT NULL,
    price numeric(10, 2) NOT NULL,
    customer text NOT NULL,
    country text NOT NULL,
    rule text,
    {ROW_COLUMNS}
) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_country (name text PRIMARY KEY, code text NOT NULL) ON COMMIT DROP;
"""
_COPY = "COPY import_row (line, cells, number, code, name, quantity, at, price, customer, country) FROM STDIN"
_INDEX = "CREATE INDEX ON import_row (number); ANALYZE import_row;"

_CLASSIFY = f"""
UPDATE import_row r SET rule = CASE
    {" ".join(f"WHEN {rule.condition} THEN '{rule.name}'" for rule in RULES)}
END
"""
_OTHER_BUYER = """
UPDATE import_row r SET rule = 'other_buyer'
FROM (
    SELECT DISTINCT ON (number) number, customer, country FROM import_row
    WHERE rule IN ('sale', 'free_goods', 'cancellation') ORDER BY number, id
) f
WHERE f.number = r.number AND r.rule IN ('sale', 'free_goods', 'cancellation')
    AND (f.customer, f.country) <> (r.customer, r.country)
"""
# With figures of the bare rows, what follows would be planned for one row, and take minutes for thousands.
_COUNT_RULES = "ANALYZE import_row"

# A line of several times within an invoice belongs to the order of the first.
_STAGE_ORDERS = f"""
INSERT INTO import_order (
    line, order_number, status, email, created_at, paid_at, currency, notes, shipping_address_snapshot,
    billing_address_snapshot
)
SELECT f.line, f.number, 'delivered', f.email, f.at, f.at, %(currency)s, f.notes, f.address, f.address
FROM (
    SELECT min(r.line) AS line, r.number, min(r.at) AT TIME ZONE %(zone)s AS at,
        CASE r.customer WHEN '' THEN 'guest-' || lower(r.number) ELSE lower(r.customer) END
            || '@example.invalid' AS email,
        CASE c.code WHEN '' THEN 'Country in the file: ' || r.country END AS notes,
        jsonb_build_object(
            'full_name', CASE r.customer WHEN '' THEN '' ELSE 'Customer ' || r.customer END, 'company', '',
            'phone', '', 'address_line1', '', 'address_line2', '', 'city', '', 'state', '', 'postal_code', '',
            'country', c.code
        ) AS address
    FROM import_row r JOIN import_country c ON c.name = r.country
    WHERE r.rule IN ('{SALE}', '{FREE}')
    GROUP BY r.number, r.customer, r.country, c.code
) f
ORDER BY f.line;

CREATE INDEX ON import_order (order_number);
ANALYZE import_order;
"""
_LEAVE_PROTECTED = """
UPDATE import_row r SET rule = '{code}'
FROM import_order s JOIN orders_order o ON o.id = s.target_id
WHERE r.number = s.order_number AND r.rule IN ('sale', 'free_goods') AND {condition};

DELETE FROM import_order s USING orders_order o WHERE o.id = s.target_id AND {condition};
"""
_REFUSE = """
UPDATE import_row r
SET refusal_code = '{name}', refusal_column = '{column}', refusal_reason = '{reason}',
    refusal_value = {value}
WHERE r.rule = '{name}'
"""
_VALUES = {
    "InvoiceNo": "r.number",
    "StockCode": "r.code",
    "CustomerID": "r.customer",
    "Quantity": "r.quantity::text",
    "UnitPrice": "r.price::text",
}

# A product bears the description that most of its sold lines have (of several the first in the alphabet) and the price
# of its last sale; a line keeps its own description.
_STAGE_PRODUCTS = f"""
CREATE TEMPORARY TABLE import_product ON COMMIT DROP AS
SELECT r.code AS sku, min(r.line) AS line, NULL::bigint AS product_id,
    coalesce(mode() WITHIN GROUP (ORDER BY r.name COLLATE "C") FILTER (WHERE r.name <> ''), r.code) AS name,
    (array_agg(r.price ORDER BY r.at DESC, r.id DESC))[1] AS price
FROM import_row r WHERE r.rule IN ('{SALE}', '{FREE}') GROUP BY r.code;
CREATE UNIQUE INDEX ON import_product (sku);
ANALYZE import_product;
"""
_STAGE_ACCOUNTS = f"""
CREATE TEMPORARY TABLE import_account ON COMMIT DROP AS
SELECT lower(r.customer) || '@example.invalid' AS email, 'Customer' AS first_name, min(r.customer) AS last_name,
    min(r.at) AT TIME ZONE %(zone)s AS date_joined, min(r.line) AS line, NULL::bigint AS user_id
FROM import_row r WHERE r.rule IN ('{SALE}', '{FREE}') AND r.customer <> '' GROUP BY lower(r.customer);
"""
_STAGE_ITEMS = f"""
UPDATE import_row r SET order_id = s.id FROM import_order s
WHERE s.order_number = r.number AND r.rule IN ('{SALE}', '{FREE}');
ANALYZE import_row (order_id);

INSERT INTO import_item (order_id, line, product_sku, product_name, quantity, price)
SELECT r.order_id, r.line, r.code, coalesce(nullif(r.name, ''), p.name), r.quantity, r.price
FROM import_row r JOIN import_product p ON p.sku = r.code
WHERE r.order_id IS NOT NULL ORDER BY r.id;

CREATE INDEX ON import_item (line);
ANALYZE import_item;

UPDATE import_order s SET subtotal = d.amount, total = d.amount
FROM (SELECT order_id, sum(price * quantity) AS amount FROM import_item GROUP BY order_id) d
WHERE d.order_id = s.id;
"""
# As in the shop, what costs nothing needs no payment.
_STAGE_PAYMENTS = """
INSERT INTO import_payment (order_id, amount) SELECT id, total FROM import_order WHERE total > 0;
CREATE INDEX ON import_payment (order_id);
ANALYZE import_payment;
"""

_COUNT = "SELECT coalesce(refusal_code, rule), count(*) FROM import_row GROUP BY 1"
_REPEATED = f"""
SELECT coalesce(sum(times - 1), 0) FROM (
    SELECT count(*) AS times FROM import_row WHERE rule IN ('{SALE}', '{FREE}') AND refusal_code IS NULL
    GROUP BY number, code, name, quantity, at, price
) d
"""
_GUESTS = (
    f"SELECT count(*) FROM import_row WHERE rule IN ('{SALE}', '{FREE}') AND refusal_code IS NULL AND customer = ''"
)


def stage(table: OpenTable, told: Listener) -> Staged:
    """Fill the staging tables; see docs/import.md for the rules."""
    unread: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        cursor.executemany("INSERT INTO import_country VALUES (%s, %s)", list(CODES.items()))
        _copy(table, told, unread)
        zone = {"zone": settings.SHOP_TIME_ZONE, "currency": settings.SHOP_CURRENCY}
        cursor.execute(_INDEX)
        cursor.execute(_CLASSIFY)
        cursor.execute(_COUNT_RULES)
        cursor.execute(_OTHER_BUYER)
        cursor.execute(_STAGE_ORDERS, zone)
        cursor.execute(FIND_TARGETS)
        cursor.execute(DIGEST_SHOP)
        for each in PROTECTED:
            cursor.execute(_LEAVE_PROTECTED.format(code=each.code, condition=each.condition))
        cursor.execute(_STAGE_PRODUCTS)
        cursor.execute(_STAGE_ACCOUNTS, zone)
        cursor.execute(_STAGE_ITEMS)
        cursor.execute(_STAGE_PAYMENTS)
        stage_refunds(cursor, zone=settings.SHOP_TIME_ZONE)
        for name, column, reason in _refusing():
            cursor.execute(
                _REFUSE.format(name=name, column=column, reason=reason.replace("'", "''"), value=_VALUES[column])
            )
    return Staged(unread=unread.total(), makes_catalogue=True, counts=lambda: _counts(unread))


def _refusing() -> Iterator[tuple[str, str, str]]:
    for rule in RULES:
        if rule.reason:
            yield rule.name, rule.column, rule.reason
    for name, (_, reason, column) in REASONS_LATER.items():
        if reason:
            yield name, column, reason


def _copy(table: OpenTable, told: Listener, unread: Counter[str]) -> None:
    places = [table.header.index(column) for column in COLUMNS]
    width = len(table.header)
    lines = CopiedLines(_COPY)
    for raw in watched_rows(table, told):
        refusal = wrong_shape(raw, width) or _add(lines, raw, places)
        if refusal is not None:
            unread[refusal.code] += 1
            told.refused(RefusedRow(raw.line, raw.cells, [refusal]))
    lines.flush()


def _add(lines: CopiedLines, raw: RawRow, places: list[int]) -> Refusal | None:
    try:
        values = parse_cells([raw.cells[place] for place in places])
        if values[-1] not in CODES:
            return Refusal(raw.line, "Country", str(values[-1]), "unknown_country", "the data set has no such country")
    except WrongCell as wrong:
        return Refusal(raw.line, wrong.column, wrong.value, wrong.error.code, wrong.error.reason)
    lines.add((raw.line, raw.cells, *values))
    return None


def _counts(unread: Counter[str]) -> list[tuple[str, int]]:
    """The rows by rule, in the order of the rules; they sum to the rows of the file. Notes about sold lines follow."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        found = dict(cursor.fetchall())
        cursor.execute(_REPEATED)
        repeated = cursor.fetchone()[0]
        cursor.execute(_GUESTS)
        guests = cursor.fetchone()[0]
    by_rule = [(TOLD.get(name, name), found[name]) for name in (*TOLD, *(found.keys() - TOLD.keys())) if name in found]
    wrong = [(f"refused: {code}", rows) for code, rows in sorted(unread.items())]
    everything = sum(found.values()) + unread.total()
    return [
        *by_rule,
        *wrong,
        ("lines in all", everything),
        ("of the sold lines without a customer: guests' orders", guests),
        ("of the sold lines the same as an earlier line of their invoice: lines of their own", int(repeated)),
    ]


UCI = OrderFormat(name="uci", required=COLUMNS, stage=stage)
