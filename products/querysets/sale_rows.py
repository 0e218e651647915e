"""The statements of a sale: locks, guarded updates and movements in one round trip, as a hot product waits for each.

`products.services.stock` alone runs them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from common.postgresql.prepared import run_prepared
from products.querysets import goods
from products.querysets.goods import Goods

# Each statement sees what was committed by the time that it began: the last one what the locks before it waited for.
_LOCK_PRODUCTS = "SELECT FROM products_product WHERE id = ANY(%(products)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
_LOCK_VARIATIONS = (
    "SELECT FROM products_productvariation WHERE id = ANY(%(variations)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
_WANTED = """
WITH wanted AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(variations)s::bigint[], %(quantities)s::int[])
        AS w (product_id, variation_id, quantity)
),
"""
_OF_PRODUCTS = f"""
of_products AS (
    UPDATE products_product p SET stock_quantity = p.stock_quantity - w.quantity FROM wanted w
    WHERE p.id = w.product_id AND w.variation_id IS NULL AND p.stock_quantity >= w.quantity
        AND NOT {goods.SELLS_BY_VARIATION}
    RETURNING p.id AS product_id, NULL::bigint AS variation_id, w.quantity
)
"""  # noqa: S608 - of a constant
_OF_VARIATIONS = """,
of_variations AS (
    UPDATE products_productvariation v SET stock_quantity = v.stock_quantity - w.quantity FROM wanted w
    WHERE v.id = w.variation_id AND v.product_id = w.product_id AND v.stock_quantity >= w.quantity
    RETURNING v.product_id, v.id AS variation_id, w.quantity
)
"""
_MOVED = """,
moved AS (
    INSERT INTO products_stockmovement (product_id, variation_id, delta, reason, order_number, actor_id, created_at)
    SELECT t.product_id, t.variation_id, -t.quantity, %(reason)s, %(order_number)s, %(actor)s::bigint, clock_timestamp()
    FROM ({taken}) t ORDER BY t.product_id, t.variation_id NULLS FIRST
    RETURNING product_id, variation_id
)
"""
_READ = f"""
SELECT w.product_id, w.variation_id, m.product_id IS NOT NULL, {goods.COLUMNS}
FROM wanted w
LEFT JOIN moved m ON m.product_id = w.product_id AND m.variation_id IS NOT DISTINCT FROM w.variation_id
LEFT JOIN products_product p ON p.id = w.product_id
LEFT JOIN products_productvariation v ON v.id = w.variation_id AND v.product_id = w.product_id
"""  # noqa: S608
_ALL_PRODUCTS = "SELECT * FROM of_products"
_ALL = "SELECT * FROM of_products UNION ALL SELECT * FROM of_variations"
_TAKE_PRODUCTS = _WANTED + _OF_PRODUCTS + _MOVED.format(taken=_ALL_PRODUCTS) + _READ
_TAKE_ANY = _WANTED + _OF_PRODUCTS + _OF_VARIATIONS + _MOVED.format(taken=_ALL) + _READ
_LOCK_ANY = f"{_LOCK_PRODUCTS};\n{_LOCK_VARIATIONS}"


class TakenRow(NamedTuple):
    """A wanted level: whether its units were taken, and the goods as they were under the lock, before it."""

    product_id: int
    variation_id: int | None
    is_taken: bool
    goods: Goods | None


def take(
    *, demand: Sequence[tuple[int, int | None, int]], reason: str, order_number: str, actor_id: int | None
) -> list[TakenRow]:
    """Lock the products, then the variations, each by id; take what each level has enough of, and write movements.

    `demand` is product, variation and units. The caller gives back what was taken, by rolling back, where something
    was not.
    """
    variations = [variation_id for _, variation_id, _ in demand]
    values: dict[str, Any] = {
        "products": [product_id for product_id, _, _ in demand],
        "variations": variations,
        "quantities": [quantity for _, _, quantity in demand],
        "reason": reason,
        "order_number": order_number,
        "actor": actor_id,
    }
    statement, locks = (_TAKE_ANY, _LOCK_ANY) if any(variations) else (_TAKE_PRODUCTS, _LOCK_PRODUCTS)
    rows = run_prepared(statement, values, ahead=locks).rows
    return [
        TakenRow(product_id, variation_id, is_taken, goods.read(values))
        for product_id, variation_id, is_taken, *values in rows
    ]
