"""What is filled in of orders that were there before a column was."""

from common.registry import Backfill

SHIPPING_COUNTRY = Backfill(
    description="the country that an order was sent to, out of its address",
    table="orders_order",
    statement="""
        UPDATE orders_order SET shipping_country = orders_country_of(shipping_address_snapshot)
        WHERE id > %(after)s AND id <= %(until)s
          AND shipping_country <> orders_country_of(shipping_address_snapshot)
    """,
)
