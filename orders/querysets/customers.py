"""Which of a customer's paid orders was the first, as SQL for whoever counts new and returning customers.

A customer is known by account or by address. Of all that one has paid for, what was paid first is a new customer's:
what is paid later never changes that, whatever order was placed first. Only an import or its undo can.
"""
# ruff: noqa: S608 - the SQL is put together from constants

# Whether the customer of the paid order `o` had paid for another before.
CAME_BEFORE = """(
    EXISTS (SELECT FROM orders_order e WHERE e.email = o.email AND (e.paid_at, e.id) < (o.paid_at, o.id))
    OR EXISTS (SELECT FROM orders_order e WHERE e.user_id = o.user_id AND (e.paid_at, e.id) < (o.paid_at, o.id))
)"""


def placed_next(*, chosen: str) -> str:
    """When the orders were placed that the same customers paid next after those whose ids the SQL yields.

    As one column, `at`: such an order is a new customer's no more, or becomes one again where the chosen one goes.
    """
    return " UNION ALL ".join(_next_by(column, chosen) for column in ("email", "user_id"))


def _next_by(column: str, chosen: str) -> str:
    return f"""
    SELECT n.created_at AS at FROM (
        SELECT o.created_at, lag(o.id) OVER (PARTITION BY o.{column} ORDER BY o.paid_at, o.id) AS before
        FROM orders_order o
        WHERE o.paid_at IS NOT NULL AND o.{column} IN (SELECT c.{column} FROM orders_order c WHERE c.id IN ({chosen}))
    ) n WHERE n.before IN ({chosen})"""
