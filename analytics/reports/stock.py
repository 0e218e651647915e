"""What the stock says beside the sales: what hardly sells, how long it lasts, and what lies there unsold."""

from typing import Any

from analytics.reports.ranges import DateRange
from analytics.reports.rankings import COLUMNS, Measure
from analytics.reports.statements import StatementRows

_SOLD = """
WITH sold AS (
    SELECT product_id, sum(order_count) AS orders, sum(item_count) AS items, sum(revenue) AS revenue,
           sum(cost) AS cost, sum(profit) AS profit
    FROM analytics_salesaggregate
    WHERE date >= %(from)s AND date <= %(to)s AND product_id IS NOT NULL
    GROUP BY product_id
)"""
_SUBJECT = "p.id AS subject_id, p.slug AS subject_slug, p.name AS subject_name, p.sku AS subject_sku"
_OFFERED = "p.is_active AND NOT p.is_discontinued"

_WORST = f"""{_SOLD}
SELECT {_SUBJECT}, coalesce(s.orders, 0) AS orders, coalesce(s.items, 0) AS items,
       coalesce(s.revenue, 0.00) AS revenue_sum, coalesce(s.cost, 0.00) AS cost_sum,
       coalesce(s.profit, 0.00) AS profit_sum
FROM products_product p LEFT JOIN sold s ON s.product_id = p.id
WHERE p.is_active
ORDER BY {{measure}}, subject_id"""  # noqa: S608 - constants of this module

_COVER = f"""{_SOLD}
SELECT {_SUBJECT}, p.stock_quantity AS stock, p.low_stock_threshold, greatest(coalesce(s.items, 0), 0) AS items,
       round(greatest(coalesce(s.items, 0), 0)::numeric / %(days)s, 2) AS per_day,
       CASE WHEN s.items > 0 THEN floor(p.stock_quantity::numeric * %(days)s / s.items)::bigint END AS days_left
FROM products_product p LEFT JOIN sold s ON s.product_id = p.id
WHERE {_OFFERED}
ORDER BY days_left NULLS LAST, subject_id"""  # noqa: S608 - constants of this module

_DEAD = """
FROM products_product p
WHERE p.stock_quantity > 0 AND NOT EXISTS (
    SELECT FROM analytics_salesaggregate a
    WHERE a.product_id = p.id AND a.date >= %(from)s AND a.date <= %(to)s AND a.order_count > 0
)"""
_DEAD_ROWS = f"""
SELECT {_SUBJECT}, p.stock_quantity AS stock, p.stock_quantity * p.price AS value,
       p.stock_quantity * p.cost_price AS cost, p.is_active, p.created_at,
       (SELECT max(a.date) FROM analytics_salesaggregate a
        WHERE a.product_id = p.id AND a.date < %(from)s AND a.order_count > 0) AS last_sold_on
{_DEAD}
ORDER BY value DESC, subject_id"""  # noqa: S608 - constants of this module


def worst_products(*, range_: DateRange, by: Measure) -> StatementRows:
    """What is on offer by what it sold in the range, least first; also what sold nothing."""
    return StatementRows(
        select=_WORST.format(measure=COLUMNS[by]),
        count="SELECT count(*) FROM products_product WHERE is_active",
        values=_ends(range_),
    )


def stock_cover(*, range_: DateRange) -> StatementRows:
    """How many days the stock lasts at the rate of the range, shortest first; what did not sell comes last.

    Of what is on offer and not discontinued. `items` are units sold less those returned, `per_day` their mean.
    """
    return StatementRows(
        select=_COVER,
        count=f"SELECT count(*) FROM products_product p WHERE {_OFFERED}",  # noqa: S608 - a constant
        values={**_ends(range_), "days": range_.day_count},
    )


def dead_stock(*, range_: DateRange) -> StatementRows:
    """What is in stock and did not sell in the range, offered or not; what ties up most at today's price first.

    `cost` is None where the cost is unknown; `last_sold_on` is the last day before the range, None for never.
    """
    return StatementRows(select=_DEAD_ROWS, count=f"SELECT count(*) {_DEAD}", values=_ends(range_))


def _ends(range_: DateRange) -> dict[str, Any]:
    return {"from": range_.first, "to": range_.last}
