"""The one place that takes row locks; docs/decisions/locking.md has the order that every operation keeps."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, connection, models
from psycopg2 import errorcodes

from common import rows
from common.errors import NotFound

ModelT = TypeVar("ModelT", bound=models.Model)

# What every operation locks, in this order; rows of one table by their keys.
LOCK_ORDER = (
    "common_idempotencykey",
    "orders_cart",
    "orders_order",
    "payments_payment",
    "payments_refund",
    "orders_coupon",
    "products_product",
    "products_productvariation",
    "orders_invoicecounter",
)


def lock_rows(queryset: models.QuerySet[ModelT]) -> list[ModelT]:
    """Lock the rows in primary-key order and return them as they are now, read under the lock.

    Takes FOR NO KEY UPDATE on the model's own table only, so that foreign keys to the rows stay insertable.
    Raises RuntimeError outside a transaction: the lock would end before it began.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("row locks need a transaction")
    return list(queryset.order_by("pk").select_for_update(of=("self",), no_key=True))


def lock_row(queryset: models.QuerySet[ModelT]) -> ModelT:
    """Lock the single row of the queryset and return it as it is now; raises NotFound where there is none."""
    rows = lock_rows(queryset)
    if len(rows) != 1:
        raise NotFound
    return rows[0]


def lock_where(model: type[ModelT], condition: str, values: Sequence[Any]) -> list[ModelT]:
    """As `lock_rows`, by SQL that is made once: for requests so hot that the ORM's compiler shows.

    `condition` is SQL of the calling module, never of a caller's input.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("row locks need a transaction")
    return rows.fetch(model, f"WHERE {condition} ORDER BY id FOR NO KEY UPDATE", values)


def lock_by_id(model: type[ModelT], key: int) -> ModelT:
    """Lock the row of the key and return it as it is now; raises NotFound where there is none."""
    locked = lock_where(model, "id = %s", [key])
    if not locked:
        raise NotFound
    return locked[0]


_TAKEN = frozenset({errorcodes.LOCK_NOT_AVAILABLE, errorcodes.QUERY_CANCELED, errorcodes.DEADLOCK_DETECTED})


def is_taken(error: OperationalError) -> bool:
    """Whether the statement failed because somebody else held what it needed, so that the same may work later."""
    return getattr(error.__cause__, "pgcode", None) in _TAKEN


def advisory_lock(name: str) -> None:
    """Hold the named transaction-level advisory lock until the transaction ends, waiting for it if need be."""
    if not connection.in_atomic_block:
        raise RuntimeError("advisory locks need a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def try_advisory_lock(name: str) -> bool:
    """Take the named transaction-level advisory lock if nobody else holds it; tells whether it is ours."""
    if not connection.in_atomic_block:
        raise RuntimeError("advisory locks need a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


@contextmanager
def session_lock(name: str) -> Iterator[None]:
    """Hold the named advisory lock over several transactions, waiting for it if need be.

    It is the same lock as `advisory_lock`'s of that name, and ends with the connection at the latest. Within a
    transaction it is held until that ends, as only so it is let go of for certain where the transaction fails.
    """
    if connection.in_atomic_block:
        advisory_lock(name)
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        yield
    finally:
        if connection.is_usable():  # else it has ended with the connection
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
