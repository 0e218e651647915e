"""Middleware: an id for every request, headers that browsers obey, and malformed requests refused early."""

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
from common.metrics.requests import ROUTE
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
        if request.resolver_match:
            request.META[ROUTE] = request.resolver_match.route
        response["X-Request-ID"] = request_id
        if settings.SERVER_TIMING:
            response["Server-Timing"] = f'db;dur={clock.seconds * 1000:.1f};desc="{clock.count} queries"'
        return response


class SecurityHeadersMiddleware:
    """Tells browsers what no answer of the shop needs: guessing types, frames, referrers, scripts from elsewhere.

    Stands outside of all that may answer on its own, so that refusals carry the headers too. HSTS is Django's.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.headers = {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Referrer-Policy": str(settings.SECURE_REFERRER_POLICY),
            "Cross-Origin-Opener-Policy": str(settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
            "Permissions-Policy": settings.PERMISSIONS_POLICY,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", self._policy(request, response))
        return response

    def _policy(self, request: HttpRequest, response: HttpResponse) -> str:
        if response.headers.get("Content-Type", "").startswith("text/html"):
            for path, policy in settings.PAGE_SECURITY_POLICIES:
                if path.match(request.path_info):
                    return str(policy)
        return str(settings.CONTENT_SECURITY_POLICY)


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
