"""The yardstick of reads: the same bodies by hand-written SQL through a bare WSGI application, without Django.

It knows no user, refuses nothing, sets no ETag and no header of caching. Each thread of the server keeps a connection
for itself.
"""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import psycopg2

from tests.benchmarks import reference_sql as sql

PREFIX = "/api/v1/products/"

Page = tuple[int, str]
_own = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a list, a list of a category, a search or a product."""
    path = environ["PATH_INFO"]
    slug = path[len(PREFIX) : -1]
    content = (_detail(slug) if slug else _list(environ, dict(parse_qsl(environ["QUERY_STRING"])))).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]


def _detail(slug: str) -> str:
    body: str = _one(sql.DETAIL, (slug,))[0]
    return body


def _list(environ: dict[str, Any], asked: dict[str, str]) -> str:
    number = int(asked.get("page", "1"))
    offset = (number - 1) * sql.PAGE_SIZE
    if "q" in asked:
        count, results = _search(asked["q"], offset)
    elif "category" in asked:
        branch = _one(sql.BRANCH, (asked["category"],))[0]
        count, results = _one(sql.LISTCAT, (branch, offset))
        count = _estimated(count, sql.EXPLAIN_LISTCAT, (branch,))
    else:
        count, results = _one(sql.LIST, (offset,))
        count = _estimated(count, sql.EXPLAIN_LIST, None)
    url = f"http://{environ['HTTP_HOST']}{PREFIX}"
    following = f'"{_link(url, asked, number + 1)}"' if offset + sql.PAGE_SIZE < count else "null"
    previous = f'"{_link(url, asked, number - 1)}"' if number > 1 else "null"
    estimate = ',"count_is_estimate":true' if count > sql.COUNT_UP_TO else ""
    return f'{{"count":{count},"next":{following},"previous":{previous},"results":{results}{estimate}}}'


def _search(text: str, offset: int) -> Page:
    before, _, last = text.rpartition(" ")
    count, results = _one(sql.SEARCH, (text, before or last, f"'{last}':*", offset))
    return count, results


def _link(url: str, asked: dict[str, str], number: int) -> str:
    """As the shop writes it: page 1 has no number."""
    rest = {name: value for name, value in asked.items() if name != "page"}
    numbered = sorted({**rest, **({"page": str(number)} if number > 1 else {})}.items())
    return f"{url}?{urlencode(numbered)}" if numbered else url


def _estimated(count: int, explain: str, parameters: tuple[Any, ...] | None) -> int:
    if count <= sql.COUNT_UP_TO:
        return count
    rows: int = _one(explain, parameters)[0][0]["Plan"]["Plan Rows"]
    return max(rows, count)


def _one(statement: str, parameters: tuple[Any, ...] | None) -> tuple[Any, ...]:
    cursor = _cursor()
    cursor.execute(statement, parameters)
    row: tuple[Any, ...] = cursor.fetchone()
    return row


def _cursor() -> Any:
    """The thread's cursor, on its connection with its prepared statements."""
    if not hasattr(_own, "cursor"):
        connection = psycopg2.connect(os.environ["DATABASE_URL"])
        connection.autocommit = True
        _own.cursor = connection.cursor()
        _own.cursor.execute(sql.PREPARE)
    return _own.cursor
