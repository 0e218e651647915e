"""Shows that a refused request has changed nothing: a fingerprint of every row of every table, before and after."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

PREFIX = "/api/v1/"
# Filled by migrations, and by nothing that a request does.
FIXED = {"django_migrations", "django_content_type", "auth_permission"}


@cache
def _tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - FIXED)


def fingerprint(but: Collection[str] = ()) -> dict[str, tuple[int, str]]:
    """The number of rows and a hash of their texts, by table; without the tables `but`."""
    statement = " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(coalesce(string_agg(md5(rows::text), '' ORDER BY md5(rows::text)), ''))"
        f' FROM "{table}" rows'
        for table in _tables()
        if table not in but
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


@contextmanager
def untouched(but: Collection[str] = ()) -> Iterator[None]:
    """Nothing that is written inside stays, except in the tables `but`."""
    before = fingerprint(but)
    yield
    now = fingerprint(but)
    changed = sorted(table for table in now if now[table] != before[table])
    assert not changed, f"written to: {', '.join(changed)}"


def refused(
    client: APIClient,
    method: str,
    path: str,
    body: Any = None,
    *,
    status: int,
    code: str,
    but: Collection[str] = (),
    **sending: Any,
) -> Any:
    """Send what is to be refused; its status, its code and that nothing was written are asserted, the answer returned.

    A `path` without a leading slash is one of the API; `sending` is what the client takes besides.
    """
    send = getattr(client, method)
    address = path if path.startswith("/") else PREFIX + path
    with untouched(but):
        answer = send(address, body, **sending) if body is not None else send(address, **sending)
    told = answer.json() if answer["Content-Type"] == "application/problem+json" else {}
    assert (answer.status_code, told.get("code"), told.get("status")) == (status, code, status), answer.content[:500]
    return answer


def fields_of(answer: Any) -> set[str]:
    """The fields that a problem document blames."""
    return {error["field"] for error in answer.json()["errors"]}
