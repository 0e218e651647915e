"""The staging tables of orders: what a file says, in the shop's own columns; they end with their transaction.

A format fills `import_row` with the rows of its file and the others with what these make. The columns that the shop
has too bear the same names and types, so that one query tells the content of both (`payments.imports.content`).
"""

from django.db import connection

# `line` is the first of the order's lines in the file. Lower part: what the later steps find out. `action` is create,
# update, unchanged, skip, or refuse.
_CREATE = """
DROP TABLE IF EXISTS import_row, import_order, import_item, import_payment, import_refund, import_refund_item;
CREATE TEMPORARY TABLE import_order (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line integer NOT NULL,
    order_number text NOT NULL,
    status text NOT NULL,
    email text NOT NULL,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    currency text NOT NULL,
    shipping_address_snapshot jsonb NOT NULL DEFAULT '{}',
    billing_address_snapshot jsonb NOT NULL DEFAULT '{}',
    shipping_method_name text NOT NULL DEFAULT '',
    tracking_number text,
    notes text,
    coupon_code text NOT NULL DEFAULT '',
    prices_include_tax boolean NOT NULL DEFAULT false,
    subtotal numeric(14, 2) NOT NULL DEFAULT 0,
    shipping_cost numeric(14, 2) NOT NULL DEFAULT 0,
    tax numeric(14, 2) NOT NULL DEFAULT 0,
    discount numeric(14, 2) NOT NULL DEFAULT 0,
    total numeric(14, 2) NOT NULL DEFAULT 0,
    tax_included numeric(14, 2) NOT NULL DEFAULT 0,
    tax_lines jsonb NOT NULL DEFAULT '[]',
    shipping_discount numeric(14, 2) NOT NULL DEFAULT 0,
    shipping_tax numeric(14, 2) NOT NULL DEFAULT 0,

    target_id bigint,
    user_id bigint,
    action text NOT NULL DEFAULT 'create',
    digest text,
    digest_now text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL,
    line integer NOT NULL,
    product_sku text NOT NULL,
    product_name text NOT NULL,
    variation_name text,
    quantity integer NOT NULL,
    price numeric(14, 2) NOT NULL,
    unit_cost numeric(14, 2),
    discount_share numeric(14, 2) NOT NULL DEFAULT 0,
    tax_rate numeric(6, 3) NOT NULL DEFAULT 0,
    tax_added numeric(14, 2) NOT NULL DEFAULT 0,
    tax_included numeric(14, 2) NOT NULL DEFAULT 0,
    restocked_quantity integer NOT NULL DEFAULT 0
) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_payment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL,
    amount numeric(14, 2) NOT NULL,
    status text NOT NULL DEFAULT 'succeeded',
    payment_method text NOT NULL DEFAULT 'manual',
    transaction_id text,
    payment_details jsonb,
    refunded_amount numeric(14, 2) NOT NULL DEFAULT 0,
    is_surplus boolean NOT NULL DEFAULT false
) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_refund (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL,
    payment_id bigint,
    label text NOT NULL,
    amount numeric(14, 2) NOT NULL DEFAULT 0,
    shipping_amount numeric(14, 2) NOT NULL DEFAULT 0,
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'succeeded',
    refund_transaction_id text,
    is_by_lines boolean NOT NULL DEFAULT true,
    succeeded_at timestamptz NOT NULL,
    target_id bigint
) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_refund_item (
    refund_id bigint NOT NULL,
    order_item_id bigint NOT NULL,
    quantity integer NOT NULL DEFAULT 0,
    amount numeric(14, 2) NOT NULL,
    tax_amount numeric(14, 2) NOT NULL DEFAULT 0,
    restocked_quantity integer NOT NULL DEFAULT 0
) ON COMMIT DROP;
"""
# What of the file is refused, of whatever format: the format's own columns come on top.
ROW_COLUMNS = """
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line integer NOT NULL,
    cells jsonb NOT NULL,
    order_id bigint,
    refusal_column text,
    refusal_value text,
    refusal_code text,
    refusal_reason text
"""
_INDEX = """
CREATE INDEX ON import_item (order_id);
CREATE INDEX ON import_refund (order_id);
CREATE INDEX ON import_refund_item (refund_id);
CREATE INDEX ON import_refund_item (order_item_id);
ANALYZE import_order;
ANALYZE import_item;
ANALYZE import_payment;
ANALYZE import_refund;
ANALYZE import_refund_item;
"""


def create_tables() -> None:
    """Make the empty tables; needs the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)


def index_tables() -> None:
    """Make them quick to join, once the format has filled them."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEX)
