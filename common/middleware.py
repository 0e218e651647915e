"""Middleware: an id for every request, malformed ones refused early, and the time in the database in development."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from common.api.problems import bad_request, problem_response
from common.audit import context
from common.audit.context import Door, RequestWork
from common.body_limits import most_body_bytes
from common.client import client_address
from common.numbers import whole_number
from common.request_id import begin_request

GetResponse = Callable[[HttpRequest], HttpResponse]


class _QueryClock:
    """Counts the statements of one request and the seconds that they took."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began


class RequestIdMiddleware:
    """Takes or makes X-Request-ID and returns it; with SERVER_TIMING on, tells the queries and their time."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = begin_request(request.headers.get("X-Request-ID"))
        clock = _QueryClock()
        with ExitStack() as stack:
            if settings.SERVER_TIMING:
                stack.enter_context(connection.execute_wrapper(clock))
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if settings.SERVER_TIMING:
            response["Server-Timing"] = f'db;dur={clock.seconds * 1000:.1f};desc="{clock.count} queries"'
        return response


class AuditMiddleware:
    """Says of what a request writes that the request did it, through the admin or, until staff have shown, the shop."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = Door.ADMIN if request.path_info.startswith("/admin/") else Door.STOREFRONT
        token = context.begin(RequestWork(request, door=door, find_address=partial(client_address, request)))
        try:
            return self.get_response(request)
        finally:
            context.end(token)


class RefuseMalformedRequestMiddleware:
    """Refuses NUL bytes in the address, broken encodings and bodies over the limit before anything reads them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path or "%00" in query or "\x00" in query:
            return bad_request(request, ValueError("NUL"))
        length = whole_number(request.META.get("CONTENT_LENGTH") or "0")
        if length is None:
            return bad_request(request, ValueError("Content-Length"))
        if length > most_body_bytes(request):
            return problem_response(
                status=413,
                code="body_too_large",
                title="Content too large",
                detail="The request body is too large.",
            )
        return self.get_response(request)
