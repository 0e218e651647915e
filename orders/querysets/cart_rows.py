"""What carts hold, read with what it sells: named SQL, as every call of a cart and every checkout runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from common.postgresql.prepared import run_prepared
from products.models import ProductImage
from products.querysets import goods
from products.querysets.goods import Goods

_LINES = f"""
SELECT i.id, i.quantity, i.price_seen, {goods.COLUMNS}
FROM orders_cartitem i
JOIN products_product p ON p.id = i.product_id
LEFT JOIN products_productvariation v ON v.id = i.variation_id
WHERE i.cart_id = %s
ORDER BY i.id
"""  # noqa: S608 - of columns named there
_WANTED = f"""
SELECT i.quantity, (SELECT count(*) FROM orders_cartitem o WHERE o.cart_id = %(cart)s), {goods.COLUMNS}
FROM products_product p
LEFT JOIN products_productvariation v ON v.product_id = p.id AND v.id = %(variation)s
LEFT JOIN orders_cartitem i
    ON i.cart_id = %(cart)s AND i.product_id = p.id AND i.variation_id IS NOT DISTINCT FROM %(variation)s
WHERE p.id = %(product)s
"""  # noqa: S608
_PICTURES = """
SELECT DISTINCT ON (product_id) product_id, id, image, alt_text FROM products_productimage
WHERE product_id = ANY(%s)
ORDER BY product_id, is_featured DESC, "order", id
"""
# The line is new or was read under the cart's lock; either way the cart has changed with it.
_PUT = """
WITH touched AS (UPDATE orders_cart SET updated_at = clock_timestamp() WHERE id = %(cart)s RETURNING updated_at),
put AS (
    INSERT INTO orders_cartitem (cart_id, product_id, variation_id, quantity, price_seen)
    VALUES (%(cart)s, %(product)s, %(variation)s, %(quantity)s, %(price)s)
    ON CONFLICT (cart_id, product_id, variation_id)
    DO UPDATE SET quantity = EXCLUDED.quantity, price_seen = EXCLUDED.price_seen
)
SELECT updated_at FROM touched
"""


class LineRow(NamedTuple):
    """A line of a cart."""

    item_id: int
    goods: Goods
    quantity: int
    price_seen: Decimal


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to put into a cart, how much of it the cart has (None: no line), and its number of lines."""

    goods: Goods
    quantity_in_cart: int | None
    line_count: int


def lines_with_goods(*, cart_id: int) -> list[LineRow]:
    """The cart's lines with their products and variations as they are now, oldest first."""
    rows = _rows(_LINES, [cart_id])
    found = ((item_id, goods.read(values), quantity, price) for item_id, quantity, price, *values in rows)
    return [LineRow(item_id, read, quantity, price) for item_id, read, quantity, price in found if read]


def line_facts(*, cart_id: int) -> list[tuple[int, int, int | None, int]]:
    """The cart's lines alone, oldest first: id, product, variation and quantity."""
    return _rows(
        "SELECT id, product_id, variation_id, quantity FROM orders_cartitem WHERE cart_id = %s ORDER BY id", [cart_id]
    )


def wanted_goods(*, product_id: int, variation_id: int | None, cart_id: int | None) -> Wanted | None:
    """The goods with the line that the cart has of them, if any; None where there is no such product."""
    rows = _rows(_WANTED, {"product": product_id, "variation": variation_id, "cart": cart_id})
    for quantity, line_count, *values in rows:
        if found := goods.read(values):
            return Wanted(found, quantity, line_count)
    return None


def put_line(*, cart_id: int, product_id: int, variation_id: int | None, quantity: int, price: Decimal) -> Any:
    """Write the line, new or not, and note on the cart that it has changed; returns when that was."""
    line = {
        "cart": cart_id,
        "product": product_id,
        "variation": variation_id,
        "quantity": quantity,
        "price": price,
    }
    return _rows(_PUT, line)[0][0]


def main_pictures(product_ids: Sequence[int]) -> dict[int, ProductImage]:
    """By product id, the featured picture, else the first by `order`; products without one are missing."""
    rows = _rows(_PICTURES, [list(product_ids)])
    names = ("id", "image", "alt_text")  # in the order of the model
    return {product_id: ProductImage.from_db(connection.alias, names, values) for product_id, *values in rows}


def _rows(statement: str, values: Any) -> list[Any]:
    return run_prepared(statement, values).rows
