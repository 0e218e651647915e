"""What must be true of carts, coupons and orders and no constraint can say; each query's rows are its breaches."""

from common.registry import IntegrityCheck

CHECKS = {
    "orders.subtotal": IntegrityCheck(
        "an order's subtotal is the sum of its lines",
        """
        SELECT o.id, o.order_number, o.subtotal, coalesce(sum(i.total_price), 0) AS lines
        FROM orders_order o LEFT JOIN orders_orderitem i ON i.order_id = o.id
        GROUP BY o.id HAVING o.subtotal <> coalesce(sum(i.total_price), 0)
        """,
    ),
    "orders.shipping_country": IntegrityCheck(
        "an order's country is that of its shipping address",
        """
        SELECT id, order_number, shipping_country, orders_country_of(shipping_address_snapshot) AS sent_to
        FROM orders_order WHERE shipping_country <> orders_country_of(shipping_address_snapshot)
        """,
    ),
    "orders.discount": IntegrityCheck(
        "the lines' shares and shipping's part sum to the order's discount",
        """
        SELECT o.id, o.order_number, o.discount, o.shipping_discount, coalesce(sum(i.discount_share), 0) AS shares
        FROM orders_order o LEFT JOIN orders_orderitem i ON i.order_id = o.id
        GROUP BY o.id HAVING o.discount <> o.shipping_discount + coalesce(sum(i.discount_share), 0)
        """,
    ),
    "orders.tax": IntegrityCheck(
        "the taxes of the lines and of shipping sum to the order's tax, added or contained",
        """
        SELECT o.id, o.order_number, o.tax, o.tax_included, o.shipping_tax,
               coalesce(sum(i.tax_added), 0) AS added, coalesce(sum(i.tax_included), 0) AS included
        FROM orders_order o LEFT JOIN orders_orderitem i ON i.order_id = o.id
        GROUP BY o.id
        HAVING o.tax + o.tax_included
               <> o.shipping_tax + coalesce(sum(i.tax_added), 0) + coalesce(sum(i.tax_included), 0)
            OR (o.prices_include_tax AND o.tax <> 0) OR (NOT o.prices_include_tax AND o.tax_included <> 0)
        """,
    ),
    "orders.stock": IntegrityCheck(
        # Units that come back to a product which sells by variation by now are booked in and, adjusted, out again.
        # Imported lines took nothing: what they give back all the same came in here.
        "what an order took from stock is what its lines sold here less what they gave back",
        """
        WITH sold AS (
            SELECT o.order_number, i.product_id, i.variation_id,
                   sum(i.quantity - i.untaken_quantity - i.restocked_quantity) AS units
            FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id
            WHERE i.product_id IS NOT NULL GROUP BY 1, 2, 3
        ), moved AS (
            SELECT order_number, product_id, variation_id, -sum(delta) AS units
            FROM products_stockmovement WHERE order_number <> '' AND reason <> 'adjustment' GROUP BY 1, 2, 3
        )
        SELECT coalesce(s.order_number, m.order_number) AS order_number,
               coalesce(s.product_id, m.product_id) AS product_id,
               coalesce(s.variation_id, m.variation_id) AS variation_id, s.units AS kept, m.units AS taken
        FROM sold s FULL JOIN moved m ON m.order_number = s.order_number AND m.product_id = s.product_id
             AND coalesce(m.variation_id, 0) = coalesce(s.variation_id, 0)
        WHERE coalesce(s.units, 0) <> coalesce(m.units, 0)
        """,
    ),
    "orders.untaken": IntegrityCheck(
        "only imported orders have units that were not taken from stock here, and those have no others",
        """
        SELECT o.id, o.order_number, i.id AS item, i.quantity, i.untaken_quantity, i.restocked_quantity
        FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id
        WHERE (o.imported_at IS NULL AND i.untaken_quantity <> 0)
           OR (o.imported_at IS NOT NULL AND i.untaken_quantity + i.restocked_quantity < i.quantity)
        """,
    ),
    "orders.cancelled_restocked": IntegrityCheck(
        "a cancelled order has given everything back",
        """
        SELECT o.id, o.order_number, i.id AS item, i.quantity, i.restocked_quantity
        FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id
        WHERE o.status = 'cancelled' AND i.restocked_quantity <> i.quantity
        """,
    ),
    "orders.paid": IntegrityCheck(
        "a pending order is not paid, and one that is confirmed, on its way or refunded is",
        """
        SELECT id, order_number, status, paid_at FROM orders_order
        WHERE (status = 'pending' AND paid_at IS NOT NULL)
           OR (status NOT IN ('pending', 'cancelled') AND paid_at IS NULL)
        """,
    ),
    "orders.hold": IntegrityCheck(
        "an order holds its stock for a time only while it is pending",
        """
        SELECT id, order_number, status, expires_at FROM orders_order
        WHERE status <> 'pending' AND expires_at IS NOT NULL
        """,
    ),
    "orders.lines": IntegrityCheck(
        "an order has lines and events",
        """
        SELECT o.id, o.order_number FROM orders_order o
        WHERE NOT EXISTS (SELECT 1 FROM orders_orderitem i WHERE i.order_id = o.id)
           OR NOT EXISTS (SELECT 1 FROM orders_orderevent e WHERE e.order_id = o.id)
        """,
    ),
    "orders.carts": IntegrityCheck(
        "a cart that became an order is closed",
        """
        SELECT c.id, o.order_number FROM orders_cart c JOIN orders_order o ON o.cart_id = c.id WHERE c.is_active
        """,
    ),
    "orders.coupon_count": IntegrityCheck(
        "a coupon counts the uses in force",
        """
        SELECT c.id, c.code, c.use_count, count(u.id) AS uses
        FROM orders_coupon c LEFT JOIN orders_couponuse u ON u.coupon_id = c.id AND u.released_at IS NULL
        GROUP BY c.id HAVING c.use_count <> count(u.id)
        """,
    ),
    "orders.coupon_released": IntegrityCheck(
        "a coupon's use is given back with a cancelled order, and only with one",
        """
        SELECT u.id, o.order_number, o.status, u.released_at
        FROM orders_couponuse u JOIN orders_order o ON o.id = u.order_id
        WHERE (o.status = 'cancelled') <> (u.released_at IS NOT NULL)
        """,
    ),
}
