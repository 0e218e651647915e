"""Statements whose plan a connection keeps: for those that come again and again, and cost more to plan than to run."""

import time
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg2
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from common.memory import Memory

MOST = 100  # per connection; a plan takes some tens of kilobytes of the server's memory
OFTEN = 3
MINUTES = 10
_MOST_SEEN = 1_000

# What the server says of a statement that it does not have, and of one whose tables were altered since.
_GONE, _ALTERED = "26000", "0A000"


class Prepared:
    """The statements that one connection has prepared.

    The first that come often have their places for ten minutes, then all places are given anew. To make room for each
    new one at once would cost more than it brings where many statements come equally often.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._seen: Memory[str, int] = Memory(_MOST_SEEN)
        self._numbers = count(1)
        self._filled_at = 0.0

    def name(self, cursor: Any, sql: str, *, constant: bool) -> str | None:
        """What the server knows the statement by; None where it does not.

        One that serves all params always has a place: there are as many as the code has.
        """
        name = self._names.get(sql)
        if name is not None or (constant and not self._deserves_place(cursor, sql)):
            return name
        name = f"shop_{next(self._numbers)}"
        cursor.execute(f"PREPARE {name} AS {sql}")
        self._names[sql] = name
        return name

    def _deserves_place(self, cursor: Any, sql: str) -> bool:
        seen = (self._seen.get(sql) or 0) + 1 if self._has_room(cursor) else 0
        if seen == OFTEN:
            self._filled_at = time.monotonic()
        elif seen:
            self._seen.put(sql, seen)
        return seen == OFTEN

    def forget(self) -> None:
        """Prepare everything anew, under other names."""
        self._names.clear()

    def _has_room(self, cursor: Any) -> bool:
        if len(self._names) < MOST:
            return True
        if time.monotonic() < self._filled_at + 60 * MINUTES:
            return False
        cursor.execute("DEALLOCATE ALL")
        self.forget()
        return True


def read_prepared(sql: str, params: Sequence[Any], *, ahead: str = "", constant: bool = False) -> list[tuple[Any, ...]]:
    """The rows of a query, which is planned once per connection if it comes more than once.

    `ahead` is a statement that goes before it in the same round trip and transaction, such as one that steers the
    planner. If the params are `constant`, they are planned for as they are; else one plan serves all of them.

    The statement is sent as any other where DATABASE_PREPARED is off, as behind a PgBouncer that gives each
    transaction another connection; and in a transaction, which a statement that the server has lost would end.
    """
    before = f"{ahead};\n" if ahead else ""
    # Looked up once: each attribute of Django's `connection` is a search for the thread's own.
    own: Any = connections[DEFAULT_DB_ALIAS]
    if _may_prepare(own):
        rows = _read_by_plan(own, sql, params, before, constant)
        if rows is not None:
            return rows
    with own.cursor() as cursor:
        cursor.execute(before + sql, params)
        return list(cursor.fetchall())


def _may_prepare(own: Any) -> bool:
    return bool(settings.DATABASE_PREPARED) and not (own.in_atomic_block or own.queries_logged or own.execute_wrappers)


def _read_by_plan(
    own: Any, sql: str, params: Sequence[Any], before: str, constant: bool
) -> list[tuple[Any, ...]] | None:
    """The rows by a statement that is prepared; None where it is not, or not any more.

    The driver's own cursor is used: Django's, which would count and log, costs as much as asking the server.
    """
    own.close_if_health_check_failed()
    own.ensure_connection()
    prepared: Prepared = own.prepared
    with own.wrap_database_errors, own.connection.cursor() as cursor:
        if constant:
            whole, places, params = cursor.mogrify(sql, params).decode(), "", ()
        else:
            whole, places = _with_places(sql, len(params))
        name = prepared.name(cursor, whole, constant=constant)
        if name is None:
            return None
        cursor.stands_for = whole
        try:
            cursor.execute(f"{before}EXECUTE {name}{places}", params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        except psycopg2.Error as error:
            if error.pgcode not in (_GONE, _ALTERED):
                raise
            prepared.forget()
            return None
    return rows


@lru_cache(maxsize=100)
def _with_places(sql: str, number: int) -> tuple[str, str]:
    """The statement as it is prepared, and the places for the params of its EXECUTE."""
    return sql % tuple(f"${place}" for place in range(1, number + 1)), f" ({', '.join(['%s'] * number)})"
