"""Guests' reads of products, answered ahead of Django where everything about the answer is known.

Setting up a request, its middleware and its view costs several times what finding a kept body does. What middleware
adds to an answer depends on the server's settings and on how the shop was addressed, not on the product: so it is
taken from an answer that came all the way, and sent again with other bodies. Whatever is not plainly such a read (a
bearer, another origin, a write, an address not seen before, another format, an error) goes all the way as ever.
"""

import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from common.memory import Memory
from common.metrics.requests import ROUTE
from common.replicas.marks import Asker
from common.replicas.reading import read
from common.request_id import begin_request
from products.api.answers import ADDRESS, FAILURE, Answer, Asked
from products.api.lists import answer_known
from products.api.one import answer_one

Environment = dict[str, Any]
Application = Callable[[Environment, Any], Iterable[bytes]]

_LIST = "/api/v1/products/"
# As the resolver names the same two.
_LIST_ROUTE, _ONE_ROUTE = "api/v1/products/", "api/v1/products/<slug:slug>/"
_ONE = re.compile(r"/api/v1/products/([-a-zA-Z0-9_]+)/")
# What each answer has of its own.
_OWN_FIELDS = frozenset({"etag", "content-length", "x-request-id", "server-timing"})
# What makes a request more than a plain read, or its answer one that middleware makes otherwise.
_NOT_PLAIN = ("HTTP_AUTHORIZATION", "HTTP_ORIGIN", "HTTP_TRANSFER_ENCODING", "SCRIPT_NAME")


class _Learned(NamedTuple):
    """The shop's address as an answer that came all the way had it, and the fields that it carried."""

    here: str
    fields: list[tuple[str, str]]


_learned: Memory[tuple[Any, ...], _Learned] = Memory(100)


def guests_first(application: Application) -> Application:
    """The application, ahead of which guests' reads of what is known are answered."""

    def call(environ: Environment, start_response: Any) -> Iterable[bytes]:
        if not _is_plain(environ):
            return application(environ, start_response)
        addressed = _addressed(environ)
        learned = _learned.get(addressed)
        body = _send(environ, learned, start_response) if learned else None
        return application(environ, _learning(environ, addressed, start_response)) if body is None else body

    return call


def _is_plain(environ: Environment) -> bool:
    accepted = environ.get("HTTP_ACCEPT", "*/*")
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ["PATH_INFO"].startswith(_LIST)
        and not any(environ.get(name) for name in _NOT_PLAIN)
        and ("*/*" in accepted or "application/json" in accepted)
    )


def _addressed(environ: Environment) -> tuple[Any, ...]:
    """How the shop was addressed, as far as its middleware asks; and which of the two reads it is."""
    proxied = settings.SECURE_PROXY_SSL_HEADER
    scheme = environ.get(proxied[0]) if proxied else None
    host = environ.get("HTTP_HOST"), environ.get("SERVER_NAME"), environ.get("SERVER_PORT")
    return environ["PATH_INFO"] == _LIST, scheme, environ["wsgi.url_scheme"], *host


def _send(environ: Environment, learned: _Learned, start_response: Any) -> list[bytes] | None:
    """Answer, if the answer is known; a failure of the database is left for the view to say."""
    request_id = begin_request(environ.get("HTTP_X_REQUEST_ID"))
    began = time.perf_counter()
    asked = Asked(environ.get("QUERY_STRING", ""), learned.here, environ.get("HTTP_IF_NONE_MATCH"))
    try:
        answer = read(partial(_find, environ, asked), Asker(environ))
    except (OperationalError, InterfaceError) as error:
        environ[FAILURE] = error
        return None
    finally:
        # What Django does before and after a request: a connection that is broken, or old, is closed.
        connection.close_if_unusable_or_obsolete()
    if answer is None:
        return None
    environ[ROUTE] = _LIST_ROUTE if environ["PATH_INFO"] == _LIST else _ONE_ROUTE
    fields = [*learned.fields, ("ETag", answer.etag), ("X-Request-ID", request_id)]
    if settings.SERVER_TIMING:
        fields.append(("Server-Timing", f'db;dur={(time.perf_counter() - began) * 1000:.1f};desc="known"'))
    if answer.body is None:
        start_response("304 Not Modified", [field for field in fields if field[0] != "Content-Type"])
        return []
    start_response("200 OK", [*fields, ("Content-Length", str(len(answer.body)))])
    return [answer.body]


def _find(environ: Environment, asked: Asked) -> Answer | None:
    path = environ["PATH_INFO"]
    if path == _LIST:
        return answer_known(asked, staff=False)
    one = _ONE.fullmatch(path)
    return answer_one(asked, one[1], staff=False) if one and not asked.query else None


def _learning(environ: Environment, addressed: tuple[Any, ...], start_response: Any) -> Any:
    """Pass the answer on, and take what it carries if it is one of those that can be given from here."""

    def start(status: str, fields: list[tuple[str, str]], *rest: Any) -> Any:
        here = environ.get(ADDRESS)
        names = {name.lower() for name, _ in fields}
        if here and status.startswith("200") and "set-cookie" not in names:
            kept = [(name, value) for name, value in fields if name.lower() not in _OWN_FIELDS]
            _learned.put(addressed, _Learned(here, kept))
        return start_response(status, fields, *rest)

    return start


def forget_learned() -> None:
    """Forget how answers are sent, as when settings change."""
    _learned.clear()
