"""Writes staged orders into the shop, in sets; needs the caller's transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from common.failpoints import failpoint
from payments.imports.batches import Batch
from payments.imports.clearing import clear_orders
from payments.imports.comparing import lock_changing
from payments.imports.days import Days

_WRITTEN = "s.action IN ('create', 'update')"

# An account takes orders of its address only where the address is known to be its owner's: it was proven, or the
# account itself came by import. Else the orders stay a guest's.
_FIND_ACCOUNTS = """
UPDATE import_order s SET user_id = u.id
FROM authentication_user u
WHERE s.action IN ('create', 'update') AND u.email = s.email AND u.erased_at IS NULL AND (
    u.email_verified_at IS NOT NULL OR u.id IN (
        SELECT target_id FROM common_importchange WHERE kind = 'customer' AND action = 'created' AND outcome = ''
    )
);

UPDATE import_order s SET user_id = o.user_id
FROM orders_order o WHERE s.action = 'update' AND o.id = s.target_id AND s.user_id IS NULL AND o.email = s.email
"""

_COLUMNS = """
    order_number, user_id, status, email, created_at, paid_at, currency, shipping_address_snapshot,
    billing_address_snapshot, shipping_method_name, tracking_number, notes, coupon_code, prices_include_tax, subtotal,
    shipping_cost, tax, discount, total, tax_included, tax_lines, shipping_discount, shipping_tax
"""
# Somebody may take a number between the checks and this: the order is left out, and the next import sees it.
_CREATE_ORDERS = f"""
UPDATE import_order SET target_id = nextval(pg_get_serial_sequence('orders_order', 'id')) WHERE action = 'create';

INSERT INTO orders_order (id, imported_at, imported_digest, {_COLUMNS})
SELECT target_id, statement_timestamp(), digest, {_COLUMNS} FROM import_order WHERE action = 'create' ORDER BY id
ON CONFLICT (order_number) DO NOTHING;

UPDATE import_row r
SET refusal_code = 'made_meanwhile', refusal_column = '', refusal_value = s.order_number,
    refusal_reason = 'somebody made an order of this number meanwhile: import the rows again'
FROM import_order s
WHERE r.order_id = s.id AND s.action = 'create' AND r.refusal_code IS NULL
    AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = s.target_id);

UPDATE import_order s SET action = 'refuse'
WHERE s.action = 'create' AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = s.target_id);

ANALYZE import_order;
"""
_UPDATE_ORDERS = f"""
UPDATE orders_order o SET imported_digest = s.digest, ({_COLUMNS}) = (
    SELECT {_COLUMNS} FROM import_order x WHERE x.id = s.id
)
FROM import_order s WHERE s.action = 'update' AND o.id = s.target_id
"""

# Lines name a product or variation where the catalogue has their SKU, whatever its case.
_FIND_PRODUCTS = f"""
DROP TABLE IF EXISTS import_sku;
CREATE TEMPORARY TABLE import_sku ON COMMIT DROP AS
SELECT DISTINCT i.product_sku AS sku, NULL::bigint AS product_id, NULL::bigint AS variation_id
FROM import_item i JOIN import_order s ON s.id = i.order_id WHERE {_WRITTEN};

UPDATE import_sku k SET product_id = v.product_id, variation_id = v.id
FROM products_productvariation v WHERE v.sku = k.sku;

UPDATE import_sku k SET product_id = (
    SELECT p.id FROM products_product p WHERE upper(p.sku) = upper(k.sku) ORDER BY p.sku <> k.sku, p.id LIMIT 1
)
WHERE k.product_id IS NULL;

CREATE INDEX ON import_sku (sku);
ANALYZE import_sku;
"""
_CREATE_ITEMS = f"""
INSERT INTO orders_orderitem (
    order_id, product_id, variation_id, quantity, price, total_price, product_name, product_sku, variation_name,
    unit_cost, discount_share, tax_rate, tax_added, tax_included, restocked_quantity, untaken_quantity
)
SELECT s.target_id, k.product_id, k.variation_id, i.quantity, i.price, i.price * i.quantity, i.product_name,
    i.product_sku, i.variation_name, i.unit_cost, i.discount_share, i.tax_rate, i.tax_added, i.tax_included,
    i.restocked_quantity, i.quantity - i.restocked_quantity
FROM import_item i
JOIN import_order s ON s.id = i.order_id AND {_WRITTEN}
JOIN import_sku k ON k.sku = i.product_sku
ORDER BY i.id
"""
_CREATE_PAYMENTS = f"""
INSERT INTO payments_payment (
    order_id, amount, currency, status, payment_method, transaction_id, payment_details, refunded_amount, created_at
)
SELECT s.target_id, p.amount, s.currency, p.status, p.payment_method, p.transaction_id, p.payment_details,
    p.refunded_amount, s.paid_at
FROM import_payment p JOIN import_order s ON s.id = p.order_id AND {_WRITTEN}
ORDER BY p.id
"""
_CREATE_REFUNDS = f"""
UPDATE import_refund r SET target_id = nextval(pg_get_serial_sequence('payments_refund', 'id'))
FROM import_order s WHERE s.id = r.order_id AND {_WRITTEN};

INSERT INTO payments_refund (
    id, payment_id, amount, shipping_amount, reason, status, refund_transaction_id, is_by_lines, restock, succeeded_at,
    created_at
)
SELECT r.target_id, p.id, r.amount, r.shipping_amount, r.reason, r.status, r.refund_transaction_id, r.is_by_lines,
    EXISTS (SELECT FROM import_refund_item g WHERE g.refund_id = r.id AND g.restocked_quantity > 0),
    r.succeeded_at, r.succeeded_at
FROM import_refund r
JOIN import_order s ON s.id = r.order_id
JOIN payments_payment p ON p.order_id = s.target_id
WHERE r.target_id IS NOT NULL
ORDER BY r.id;
"""
# The lines of an order were written in the order of the file, so the n-th here is the n-th there.
_CREATE_REFUND_ITEMS = """
WITH staged AS (
    SELECT i.id, i.order_id, row_number() OVER (PARTITION BY i.order_id ORDER BY i.id) AS place
    FROM import_item i WHERE i.order_id IN (SELECT order_id FROM import_refund WHERE target_id IS NOT NULL)
), written AS (
    SELECT i.id, s.id AS order_id, row_number() OVER (PARTITION BY i.order_id ORDER BY i.id) AS place
    FROM orders_orderitem i JOIN import_order s ON s.target_id = i.order_id
    WHERE s.id IN (SELECT order_id FROM import_refund WHERE target_id IS NOT NULL)
)
INSERT INTO payments_refunditem (refund_id, order_item_id, quantity, amount, tax_amount, restocked_quantity)
SELECT r.target_id, w.id, g.quantity, g.amount, g.tax_amount, g.restocked_quantity
FROM import_refund_item g
JOIN import_refund r ON r.id = g.refund_id AND r.target_id IS NOT NULL
JOIN staged t ON t.id = g.order_item_id
JOIN written w ON w.order_id = t.order_id AND w.place = t.place
ORDER BY r.target_id, w.id
"""
_CREATE_EVENTS = f"""
INSERT INTO orders_orderevent (order_id, code, detail)
SELECT s.target_id, CASE s.action WHEN 'create' THEN 'imported' ELSE 'import_updated' END, %(detail)s
FROM import_order s WHERE {_WRITTEN} ORDER BY s.target_id
"""


def merge_orders(*, batch: Batch) -> None:
    """Write the orders that are new or changed, with lines, payments and refunds; the batch remembers each.

    Stock does not move, no mail is written and no invoice is issued. One event, `orders.imported`, tells which days'
    sales it touches. Locks the orders that change, by id.
    """
    days = Days(zone=settings.SHOP_TIME_ZONE)
    lock_changing()
    with connection.cursor() as cursor:
        batch.remember_before()
        days.note(chosen="SELECT target_id FROM import_order WHERE action = 'update'")
        clear_orders(chosen="SELECT target_id FROM import_order WHERE action = 'update'", keep_events=True)
        cursor.execute(_FIND_ACCOUNTS)
        cursor.execute(_CREATE_ORDERS)
        cursor.execute(_UPDATE_ORDERS)
        failpoint("import.after_orders")
        _write_parts(cursor, detail=f"Import {batch.row.id}")
        days.note(chosen="SELECT target_id FROM import_order WHERE action IN ('create', 'update')")
    batch.remember_results()
    days.tell(batch_id=batch.row.id)
    failpoint("import.before_commit")


def _write_parts(cursor: CursorWrapper, *, detail: str) -> None:
    cursor.execute(_FIND_PRODUCTS)
    cursor.execute(_CREATE_ITEMS)
    cursor.execute(_CREATE_PAYMENTS)
    cursor.execute(_CREATE_REFUNDS)
    cursor.execute(_CREATE_REFUND_ITEMS)
    cursor.execute(_CREATE_EVENTS, {"detail": detail})
