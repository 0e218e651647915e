"""Every invariant that is registered: a breach planted by bare SQL has exactly that one named."""

from django.db import connection, transaction

from common.integrity import run_checks
from common.registry import integrity_checks

A_WHILE_AGO = "now() - interval '1 hour'"
THAW = "ALTER TABLE orders_invoice DISABLE TRIGGER USER"


def _of(email: str) -> str:
    return f"(SELECT id FROM orders_order WHERE email = '{email}@example.com')"


def _paid_by(email: str) -> str:
    return f"order_id = {_of(email)}"


PLANTED = {
    "database.sequences": (
        "INSERT INTO orders_taxrate (id, name, country, region, rate, tax_class, applies_to_shipping)"
        " SELECT 900000, name, 'DE', region, rate, tax_class, applies_to_shipping FROM orders_taxrate LIMIT 1"
    ),
    "database.indexes": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_couponuse_in_force'::regclass"
    ),
    "database.guards": "ALTER TABLE orders_order DROP CONSTRAINT orders_order_total_adds_up",
    "common.jobs_move": (
        "INSERT INTO common_importjob (subject, format, mode, file_name, stored_file, sha256, size, next_attempt_at)"
        " VALUES ('products', 'auto', 'upsert', 'a.csv', 'a', '', 1, now() - interval '25 hours')"
    ),
    "common.jobs_fit_batches": (
        "WITH batch AS ("
        " INSERT INTO common_importbatch (subject, file_name, format, mode)"
        " VALUES ('orders', 'a.csv', 'native', 'upsert')"
        " RETURNING id)"
        " INSERT INTO common_importjob (subject, format, mode, file_name, stored_file, sha256, size, status, batch_id,"
        " confirmed_at, finished_at)"
        " SELECT 'products', 'native', 'upsert', 'a.csv', 'a', '', 1, 'done', id, now(), now() FROM batch"
    ),
    "common.events_leave": (
        "INSERT INTO common_outboxevent (name, resource, payload, created_at)"
        " VALUES ('order.placed', 'order:0', '{}', now() - interval '20 minutes')"
    ),
    "common.webhooks_move": (
        "WITH event AS ("
        " INSERT INTO common_outboxevent (name, resource, payload, relayed_at, position)"
        " VALUES ('order.placed', 'order:0', '{}', now(), nextval('common_outboxevent_position_seq'))"
        " RETURNING id, position), endpoint AS ("
        " INSERT INTO common_webhookendpoint (url, secret) VALUES ('https://hooks.example/', '') RETURNING id)"
        " INSERT INTO common_webhookdelivery (endpoint_id, event_id, position, resource, attempts, sending_since)"
        " SELECT endpoint.id, event.id, event.position, 'order:0', 1, now() - interval '2 hours' FROM endpoint, event"
    ),
    "common.mails_leave": (
        "INSERT INTO common_mail (kind, resource, recipient, subject, text_body, created_at)"
        " VALUES ('order_confirmed', 'order:0', 'ada@example.com', 'Hello', 'Hello', now() - interval '25 hours')"
    ),
    "address_defaults": (
        "UPDATE authentication_address SET is_default = false"
        " WHERE user_id = (SELECT id FROM authentication_user WHERE email = 'owner@example.com')"
    ),
    "erased_accounts": ("UPDATE authentication_user SET email = 'ada@example.com' WHERE email LIKE '%@erased.invalid'"),
    "products.stock_of_products": (
        "UPDATE products_product SET stock_quantity = stock_quantity + 1 WHERE slug = 'own'"
    ),
    "products.stock_of_variations": (
        "UPDATE products_productvariation SET stock_quantity = stock_quantity + CASE value WHEN 'S' THEN 1 ELSE -1 END"
    ),
    "products.movements": (
        "INSERT INTO products_stockmovement (product_id, variation_id, delta, reason)"
        " SELECT p.id, m.variation_id, m.delta, 'adjustment'"
        " FROM products_productvariation v,"
        " LATERAL (VALUES ('own', v.id, 1), ('own', NULL, -1), ('sized', v.id, -1), ('sized', NULL, 1))"
        " AS m (slug, variation_id, delta) JOIN products_product p ON p.slug = m.slug WHERE v.value = 'S'"
    ),
    "products.stock_notices": (
        "INSERT INTO products_stocknotice (product_id, variation_id, email)"
        " SELECT p.id, v.id, 'ada@example.com' FROM products_productvariation v"
        " JOIN products_product p ON p.slug = 'own' WHERE v.value = 'S'"
    ),
    "products.sum_of_variations": (
        "UPDATE products_product SET stock_quantity = stock_quantity + 1 WHERE slug = 'sized';"
        "INSERT INTO products_stockmovement (product_id, delta, reason)"
        " SELECT id, 1, 'adjustment' FROM products_product WHERE slug = 'sized'"
    ),
    "products.listing": "UPDATE products_productlisting SET rating_count = 7 WHERE rating_count = 1",
    "products.search_words": "DELETE FROM products_searchword WHERE word = (SELECT min(word) FROM products_searchword)",
    "products.category_cycles": (
        "SET LOCAL session_replication_role = replica;"  # no triggers: they would refuse it
        "UPDATE products_category SET parent_id = (SELECT id FROM products_category WHERE slug = 'child')"
        " WHERE slug = 'parent';"
        "SET LOCAL session_replication_role = origin"
    ),
    "products.featured_images": (
        "DROP INDEX products_productimage_one_featured; UPDATE products_productimage SET is_featured = true"
    ),
    "products.past_prices": (
        "INSERT INTO products_pastprice (product_id, amount, from_at, to_at)"
        " SELECT id, 1, now() - d.days * interval '1 day', now() - (d.days - 1) * interval '1 day'"
        " FROM products_product, (VALUES (5), (3)) AS d (days) WHERE slug = 'own'"
    ),
    "products.schedule": "UPDATE products_product SET unpublish_at = now() - interval '1 hour' WHERE slug = 'own'",
    "products.picture_files": "DELETE FROM products_picturefile",
    "products.fetched_pictures": (
        "INSERT INTO products_wantedpicture (product_id, url, state, fetched_at, picture_id)"
        " SELECT p.id, 'https://cdn.example/a.png', 'done', now(), i.id"
        " FROM products_productimage i JOIN products_product p ON p.id <> i.product_id LIMIT 1"
    ),
    "products.variation_prices": "UPDATE products_productvariation SET price_adjustment = -99 WHERE value = 'S'",
    "orders.subtotal": (
        f"UPDATE orders_order SET subtotal = subtotal + 1, total = total + 1 WHERE id = {_of('plain')}"
    ),
    "orders.shipping_country": f"UPDATE orders_order SET shipping_country = 'DE' WHERE id = {_of('plain')}",
    "orders.discount": f"UPDATE orders_orderitem SET discount_share = 0 WHERE {_paid_by('saver')}",
    "orders.tax": f"UPDATE orders_orderitem SET tax_added = tax_added + 1 WHERE {_paid_by('plain')}",
    "orders.stock": (
        "UPDATE products_stockmovement SET order_number = 'NOBODYS' WHERE order_number ="
        " (SELECT order_number FROM orders_order WHERE email = 'plain@example.com')"
    ),
    "orders.untaken": (
        f"UPDATE orders_order SET imported_at = now(), imported_digest = 'of another' WHERE id = {_of('plain')}"
    ),
    "orders.cancelled_restocked": (
        f"UPDATE orders_order SET status = 'cancelled', expires_at = NULL WHERE id = {_of('plain')}"
    ),
    "orders.paid": f"UPDATE orders_order SET status = 'pending' WHERE id = {_of('nothing')}",
    "orders.hold": f"UPDATE orders_order SET expires_at = now() WHERE id = {_of('transfer')}",
    "orders.lines": f"DELETE FROM orders_orderevent WHERE {_paid_by('plain')}",
    "orders.carts": (
        "UPDATE orders_cart SET is_active = true WHERE id ="
        f" (SELECT cart_id FROM orders_order WHERE id = {_of('plain')})"
    ),
    "orders.coupon_count": "UPDATE orders_coupon SET use_count = use_count + 1",
    "orders.coupon_released": (
        f"UPDATE orders_couponuse SET released_at = now() WHERE {_paid_by('saver')};"
        "UPDATE orders_coupon SET use_count = use_count - 1"
    ),
    "invoices.numbers": "UPDATE orders_invoicecounter SET last = last + 1 WHERE kind = 'invoice'",
    "invoices.totals": f"{THAW}; UPDATE orders_invoice SET currency = 'EUR' WHERE {_paid_by('transfer')}",
    "invoices.sums": f"{THAW}; UPDATE orders_invoice SET lines = '[]' WHERE {_paid_by('transfer')}",
    "invoices.issued": (f"UPDATE orders_order SET paid_at = {A_WHILE_AGO} WHERE id = {_of('cancelled')}"),
    "payments.refunded_amount": (
        f"UPDATE payments_payment SET refunded_amount = refunded_amount - 0.01 WHERE {_paid_by('returned')}"
    ),
    "payments.status_fits_refunds": f"UPDATE payments_payment SET status = 'succeeded' WHERE {_paid_by('returned')}",
    "payments.refund_items": "UPDATE payments_refund SET shipping_amount = shipping_amount + 0.01",
    "payments.refunds_per_line": "UPDATE payments_refunditem SET quantity = 99",
    "payments.amount_is_total": f"UPDATE payments_payment SET currency = 'EUR' WHERE {_paid_by('transfer')}",
    "payments.captured_fits_order": f"UPDATE payments_payment SET is_surplus = true WHERE {_paid_by('transfer')}",
    "payments.refunded_orders": f"UPDATE orders_order SET status = 'refunded' WHERE id = {_of('transfer')}",
    "payments.nothing_kept": (
        f"UPDATE orders_order SET updated_at = {A_WHILE_AGO} WHERE id = {_of('cancelled')};"
        f"UPDATE payments_payment SET updated_at = {A_WHILE_AGO} WHERE {_paid_by('cancelled')}"
    ),
    "payments.nothing_stuck": (
        f"UPDATE payments_payment SET status = 'unknown', updated_at = {A_WHILE_AGO} WHERE {_paid_by('waiting')}"
    ),
    "payments.nothing_stranded": (
        "INSERT INTO payments_payment (order_id, amount, currency, status, payment_method, updated_at)"
        " SELECT order_id, amount, currency, 'pending', 'manual', now() - interval '2 hours'"
        f" FROM payments_payment WHERE {_paid_by('transfer')};"
        f"UPDATE orders_order SET updated_at = now() - interval '2 hours' WHERE id = {_of('transfer')}"
    ),
    "payments.orders_expire": f"UPDATE orders_order SET expires_at = {A_WHILE_AGO} WHERE id = {_of('plain')}",
    "payments.events_applied": (
        "INSERT INTO payments_webhookevent (gateway, event_id, kind, payload, received_at, last_error)"
        " VALUES ('dummy', 'evt_0', 'charge.succeeded', '{}', now() - interval '2 days', 'OutcomeMismatch')"
    ),
    "invoices.credit_notes": (
        f"{THAW}; UPDATE orders_invoice SET order_id = {_of('transfer')} WHERE kind = 'credit_note'"
    ),
    "payments.dummy_charges": (
        "UPDATE payments_dummycharge SET amount = amount + 1 WHERE idempotency_key ="
        f" (SELECT id::text FROM payments_payment WHERE {_paid_by('returned')})"
    ),
    "payments.dummy_charges_known": (
        "INSERT INTO payments_dummycharge (idempotency_key, transaction_id, amount, currency, status)"
        " VALUES ('0', 'ch_0', 1, 'USD', 'succeeded')"
    ),
    "payments.dummy_refunds": "UPDATE payments_dummyrefund SET amount = amount - 0.01",
    "analytics.bought_together": (
        "INSERT INTO products_boughttogether (product_id, other_id, place, order_count)"
        " SELECT a.id, b.id, 1, 2 FROM products_product a, products_product b WHERE a.slug = 'own' AND b.slug = 'sized'"
    ),
    "analytics.views_shortened": (
        "INSERT INTO analytics_productview (product_id, ip_address, viewed_at)"
        " SELECT id, '192.0.2.1', now() - interval '93 days' FROM products_product WHERE slug = 'own'"
    ),
    "analytics.sales_slices": (
        "INSERT INTO analytics_salesslice (date, kind, value, order_count, item_count, revenue, cost, discount)"
        " VALUES ('2020-02-29', 'country', 'DE', 1, 1, 10, 0, 0)"
    ),
    "sales_aggregates_equal_orders": (
        "INSERT INTO analytics_salesaggregate (date, order_count, item_count, revenue, cost, profit)"
        " VALUES ('2020-02-29', 1, 1, 10, 0, 10)"
    ),
}


def _named_after(sql: str) -> set[str]:
    """The checks that are breached once the SQL has run; it is undone."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)
        named = {result.name for result in run_checks() if result.breaches}
        transaction.set_rollback(True)
    return named


def test_the_books_are_right(books: None) -> None:
    assert [breach for result in run_checks() for breach in result.breaches] == []


def test_each_planted_breach_is_named_alone(books: None) -> None:
    expected = {name: {name} for name in PLANTED}
    expected["products.featured_images"].add("database.guards")  # it takes the index away to get by

    assert {name: _named_after(sql) for name, sql in PLANTED.items()} == expected


def test_every_check_has_a_planted_breach() -> None:
    assert set(PLANTED) == {name for name, _ in integrity_checks}
