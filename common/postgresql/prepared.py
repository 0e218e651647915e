"""Statements whose plan a connection keeps: for those that come again and again, and cost more to plan than to run."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import psycopg2
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections

from common.audit.context import sign
from common.memory import Memory

MOST = 100  # per connection; a plan takes some tens of kilobytes of the server's memory
OFTEN = 3
MINUTES = 10
_MOST_SEEN = 1_000
_BITS = 63

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
    if _may_prepare(own) and not own.in_atomic_block:
        rows = _read_by_plan(own, sql, params, before, constant)
        if rows is not None:
            return rows
    with own.cursor() as cursor:
        cursor.execute(before + sql, params)
        return list(cursor.fetchall())


class Ran(NamedTuple):
    """What a statement returned, nothing where it returns none, and how many rows it was about."""

    rows: list[tuple[Any, ...]]
    affected: int


def run_prepared(sql: str, values: Sequence[Any] | Mapping[str, Any], *, ahead: str = "") -> Ran:
    """Run a statement that the code has as it stands, planned once per connection; in a transaction, too.

    Its values get their types from what they stand for: one that stands for nothing but itself needs a cast. `ahead`
    is what goes before it in the same round trip, with the same values by their names.

    Raises OperationalError in the middle of a transaction whose connection has lost the statement: the work is to be
    done again, and finds it prepared anew.
    """
    before = f"{ahead};\n" if ahead else ""
    own: Any = connections[DEFAULT_DB_ALIAS]
    if not _may_prepare(own) or _has_no_type(values):
        return _run_plainly(own, before + sql, values)
    own.close_if_health_check_failed()
    own.ensure_connection()
    own.validate_no_broken_transaction()
    whole, places = _with_places(sql, len(values)) if isinstance(values, Sequence) else _with_names(sql, tuple(values))
    prepared: Prepared = own.prepared
    try:
        with own.wrap_database_errors, own.connection.cursor() as cursor:
            statement = f"EXECUTE {prepared.name(cursor, whole, constant=False)}{places}"
            cursor.stands_for = whole
            cursor.execute(before + statement if before else sign(statement), values)
            return Ran(list(cursor.fetchall()) if cursor.description else [], int(cursor.rowcount))
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) not in (_GONE, _ALTERED):
            raise
        prepared.forget()
        if own.in_atomic_block:
            raise OperationalError("a prepared statement was lost") from error
        return _run_plainly(own, before + sql, values)


def _has_no_type(values: Sequence[Any] | Mapping[str, Any]) -> bool:
    """Whether a number is too large for any key: compared as it stands it equals none, as a key it is an error."""
    each = values.values() if isinstance(values, Mapping) else values
    return any(isinstance(value, int) and value.bit_length() > _BITS for value in each)


def _run_plainly(own: Any, sql: str, values: Sequence[Any] | Mapping[str, Any]) -> Ran:
    with own.cursor() as cursor:
        cursor.execute(sql, values)
        return Ran(list(cursor.fetchall()) if cursor.description else [], int(cursor.rowcount))


def _may_prepare(own: Any) -> bool:
    return bool(settings.DATABASE_PREPARED) and not (own.queries_logged or own.execute_wrappers)


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
    return sql % tuple(f"${place}" for place in range(1, number + 1)), _listed(["%s"] * number)


@lru_cache(maxsize=100)
def _with_names(sql: str, names: tuple[str, ...]) -> tuple[str, str]:
    """The same of a statement whose params have names; only those that it has, since each needs a type."""
    used = [name for name in names if f"%({name})s" in sql]
    numbered = {name: f"${place}" for place, name in enumerate(used, 1)}
    return sql % numbered, _listed([f"%({name})s" for name in used])


def _listed(places: Sequence[str]) -> str:
    return f" ({', '.join(places)})" if places else ""
