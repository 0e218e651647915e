"""Years of orders, refunds and products for proofs of the aggregates, made by SQL in sets; none of it is random.

Order lines follow the time as in a shop: ids rise with `created_at`. One order in ten was never paid, one in fifty was
refunded some days later. A few products sell much and most sell little, as they do: a day of 9,000 lines sells some
2,800 of 5,000 products. Indexes and constraints are those of the migrations; triggers rest while the rows are written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from analytics.services.dimensions import COUNTRY, COUPON
from orders.querysets.customers import CAME_BEFORE
from tests.benchmarks.servers import durable_postgres
from tests.benchmarks.shop_data import connected, migrate

CATEGORIES = 100
BATCH = 200_000
LINES_A_DAY = 9_000


@dataclass(frozen=True)
class History:
    """How much there is: two lines an order, about 9,000 lines a day, up to the last day of 2025."""

    lines: int
    products: int = 5_000

    @property
    def days(self) -> int:
        return max(1, self.lines // LINES_A_DAY)

    @property
    def orders(self) -> int:
        return self.lines // 2


_CATALOGUE = """
INSERT INTO products_category (id, name, slug)
SELECT n, 'Shelf ' || n, 'shelf-' || n FROM generate_series(1, %(categories)s) n;

INSERT INTO products_product (id, sku, name, slug, description, price, cost_price, stock_quantity)
SELECT n, 'S-' || n, 'Thing ' || n, 'thing-' || n, '', 1 + n %% 97 + 0.99, 1 + n %% 97 * 0.6, 0
FROM generate_series(1, %(products)s) n;

INSERT INTO products_product_categories (product_id, category_id)
SELECT n, 1 + n %% %(categories)s FROM generate_series(1, %(products)s) n
UNION ALL
SELECT n, 1 + (n + 37) %% %(categories)s FROM generate_series(2, %(products)s, 2) n;
"""

_ORDERS = """
INSERT INTO orders_order (id, status, subtotal, shipping_cost, tax, total, order_number, email,
    shipping_address_snapshot, billing_address_snapshot, shipping_method_name, currency, prices_include_tax, tax_lines,
    paid_at, created_at, updated_at)
SELECT n, CASE WHEN n %% 10 = 0 THEN 'pending' ELSE 'delivered' END, 0, 0, 0, 0, 'H' || n,
    'c' || n %% greatest(1, %(orders)s / 3) || '@example.invalid', '{}',
    '{}', '', 'USD', false, '[]', CASE WHEN n %% 10 <> 0 THEN at END, at, at
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n CROSS JOIN LATERAL (
    SELECT timestamptz '2026-01-01 00:00+00'
        - make_interval(secs => 86400.0 * %(days)s * (%(orders)s - n + 0.5) / %(orders)s) AS at
) placed;

INSERT INTO orders_orderitem (id, order_id, product_id, quantity, price, total_price, product_name, product_sku,
    unit_cost, discount_share)
SELECT n * 2 + k, n, p.id, 1 + n %% 3, p.price, p.price * (1 + n %% 3), p.name, p.sku, p.cost_price, (n %% 5) * 0.1
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n CROSS JOIN generate_series(0, 1) k
CROSS JOIN LATERAL (
    SELECT ((hashint8extended(n * 2 + k, 7) %% 1000000 + 1000000) %% 1000000) / 1000000.0::float8 AS u
) drawn
JOIN products_product p ON p.id = 1 + floor(%(products)s * drawn.u ^ 3)::bigint
ORDER BY n, k;

INSERT INTO payments_payment (id, order_id, amount, status, payment_method, currency, refunded_amount)
SELECT n, n, 100, 'partially_refunded', 'manual', 'USD', 1
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n WHERE n %% 50 = 1;

INSERT INTO payments_refund (id, payment_id, amount, reason, status, is_by_lines, restock, succeeded_at)
SELECT p.id, p.id, 1, '', 'succeeded', true, true, o.created_at + interval '3 days'
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id WHERE p.id BETWEEN %(first)s AND %(last)s;

INSERT INTO payments_refunditem (refund_id, order_item_id, quantity, amount, restocked_quantity)
SELECT id, id * 2, 1, 1, 1 FROM payments_refund WHERE id BETWEEN %(first)s AND %(last)s;
"""


# The groups of the aggregates, of all orders and refunds at once; the best plain statement that we know, days in UTC.
BARE_GROUP_BY = f"""
WITH line AS MATERIALIZED (
    SELECT (o.created_at AT TIME ZONE 'UTC')::date AS date, o.id AS order_id, o.id AS of_order, i.product_id,
        i.quantity AS items, i.total_price - i.discount_share - i.tax_included AS revenue,
        coalesce(i.unit_cost, 0) * i.quantity AS cost
    FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id WHERE o.paid_at IS NOT NULL
    UNION ALL
    SELECT (r.succeeded_at AT TIME ZONE 'UTC')::date, NULL, o.id, i.product_id, -g.quantity, g.tax_amount - g.amount,
        -coalesce(i.unit_cost, 0) * g.restocked_quantity
    FROM payments_refund r
    JOIN payments_payment p ON p.id = r.payment_id
    JOIN orders_order o ON o.id = p.order_id
    JOIN payments_refunditem g ON g.refund_id = r.id
    JOIN orders_orderitem i ON i.id = g.order_item_id
    WHERE r.status = 'succeeded' AND o.paid_at IS NOT NULL AND NOT p.is_surplus
)
SELECT date, product_id, NULL::bigint AS category_id, count(DISTINCT order_id), sum(items), sum(revenue), sum(cost)
FROM line GROUP BY date, product_id
UNION ALL
SELECT date, NULL, c.category_id, count(DISTINCT order_id), sum(items), sum(revenue), sum(cost)
FROM line JOIN products_product_categories c USING (product_id) GROUP BY date, c.category_id
UNION ALL
SELECT date, NULL, NULL, count(DISTINCT order_id), sum(items), sum(revenue), sum(cost) FROM line GROUP BY date
UNION ALL
SELECT date, NULL, NULL, count(DISTINCT order_id), sum(items), sum(revenue), sum(cost)
FROM line JOIN orders_order o ON o.id = line.of_order
CROSS JOIN LATERAL (VALUES
    ('coupon', {COUPON}), ('country', {COUNTRY}), ('customer', CASE WHEN {CAME_BEFORE} THEN 'returning' ELSE 'new' END)
) AS s (kind, value)
GROUP BY date, s.kind, s.value
"""


def write(url: str, history: History) -> None:
    """Fill a migrated, empty database, and have the planner know it."""
    with connected(url) as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute(_CATALOGUE, {"categories": CATEGORIES, "products": history.products})
        cursor.execute("ANALYZE products_product")
        for first in range(1, history.orders + 1, BATCH):
            span = {"first": first, "last": min(first + BATCH - 1, history.orders)}
            cursor.execute(
                _ORDERS,
                {**span, "orders": history.orders, "days": history.days, "products": history.products},
            )
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def shop_of(history: History) -> Iterator[str]:
    """The address of a durable server's database with this history; both go afterwards."""
    with durable_postgres() as server:
        migrate(server.url)
        write(server.url, history)
        yield server.url
