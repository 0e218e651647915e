"""A door of their own for views of products, which come by the thousand: requests in their usual form, read by hand.

It stands before Django's routing and most of its middleware. Whatever is unusual about a request, be it wrong or just
rare, is none of this module's business: it goes the long way to `ProductViewsView`, whose parser, serializer and errors
define what may be sent.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from corsheaders.middleware import CorsMiddleware
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from rest_framework.exceptions import AuthenticationFailed

from analytics.api.fields import is_product_reference, visitor_hash
from analytics.api.serializers import REFERRER_MAX_LENGTH
from analytics.services import view_buffer
from analytics.services.product_views import ToldView, told_view
from authentication.api.authentication import bearers_token
from authentication.tokens import SessionClaim
from common.api.limits import by_address
from common.api.problems import problem_response
from common.card_numbers import CardNumberRefused, refuse_card_numbers
from common.client import client_address
from common.errors import InvalidInput
from common.limits import fields, leases
from common.limits.errors import RateLimited
from common.limits.policies import Scope
from common.metrics.requests import ROUTE
from common.middleware import RefuseMalformedRequestMiddleware, RequestIdMiddleware, SecurityHeadersMiddleware

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

ADDRESS = "/api/v1/analytics/product-views/"
JSON = "application/json"
MOST_BYTES = 4_096
NAMES = (b'"product"', b'"referrer"')
TOLD = "shop.told_view"

# What of the settings' middleware every answer passes, in that order; the rest is about sessions, pages and files.
MIDDLEWARE: tuple[Callable[[Any], Any], ...] = (
    RequestIdMiddleware,
    SecurityHeadersMiddleware,
    RefuseMalformedRequestMiddleware,
    SecurityMiddleware,
    CorsMiddleware,
    XFrameOptionsMiddleware,
)


class _GoesTheLongWay(Exception):
    """The view is not for this door."""


def with_door(application: Application) -> Application:
    """The WSGI application with the door before it."""
    answer: Callable[[HttpRequest], HttpResponse] = _take
    for middleware in reversed(MIDDLEWARE):
        answer = middleware(answer)

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not _may_be_usual(environ):
            return application(environ, start_response)
        request = WSGIRequest(environ)
        try:
            environ[TOLD] = read_quickly(request)
            environ[ROUTE] = ADDRESS.lstrip("/")
            response = answer(request)
        except _GoesTheLongWay:
            environ["wsgi.input"] = io.BytesIO(request.body)
            return application(environ, start_response)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    return call


def _take(request: HttpRequest) -> HttpResponse:
    fields.begin()
    try:
        leases.demand(Scope.VIEW, *by_address(request))
    except RateLimited as error:
        response = problem_response(
            status=error.status,
            code=error.code,
            title=error.title,
            detail=error.detail,
            retry_after=error.retry_after_seconds,
        )
        return _finish(response)
    if not view_buffer.tell(request.META[TOLD]):
        raise _GoesTheLongWay
    response = HttpResponse(status=202, headers={"Content-Length": "0"})
    del response["Content-Type"]
    return _finish(response)


def _finish(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    for name, value in fields.noted().items():
        response[name] = value
    return response


def read_quickly(request: HttpRequest) -> ToldView:
    """The view that a usual request tells of; raises _GoesTheLongWay for any other."""
    facts = _facts_of(request.body)
    meta = request.META
    try:
        request.get_host()
        return told_view(
            product=facts["product"],
            claim=_claim_of(meta.get("HTTP_AUTHORIZATION", "")),
            session=visitor_hash(meta.get("HTTP_X_VISITOR_ID")),
            address=client_address(request),
            agent=meta.get("HTTP_USER_AGENT", ""),
            referrer=facts["referrer"].strip(),
        )
    except (InvalidInput, AuthenticationFailed, SuspiciousOperation, UnicodeEncodeError) as error:
        raise _GoesTheLongWay from error


def _may_be_usual(environ: dict[str, Any]) -> bool:
    """Whether everything but the body looks so; a body as short as this may be read, and read again."""
    if environ.get("PATH_INFO") != ADDRESS or environ.get("REQUEST_METHOD") != "POST":
        return False
    length, accept = environ.get("CONTENT_LENGTH") or "", environ.get("HTTP_ACCEPT", "*/*")
    is_short = length.isdecimal() and int(length) <= MOST_BYTES
    is_json = environ.get("CONTENT_TYPE") in {JSON, f"{JSON};charset=UTF-8"} and ("*/*" in accept or JSON in accept)
    return is_short and is_json and not environ.get("QUERY_STRING")


def _facts_of(body: bytes) -> dict[str, Any]:
    if b"\\" in body or any(body.count(name) > 1 for name in NAMES):  # a name said twice, or spelled otherwise
        raise _GoesTheLongWay
    try:
        facts = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _GoesTheLongWay from error
    if not isinstance(facts, dict) or not facts.keys() <= {"product", "referrer"}:
        raise _GoesTheLongWay
    referrer = facts["referrer"] = "" if facts.get("referrer") is None else facts["referrer"]
    is_plain = isinstance(referrer, str) and len(referrer) <= REFERRER_MAX_LENGTH and "\x00" not in referrer
    if not (is_plain and is_product_reference(facts.get("product"))) or _is_refused(facts):
        raise _GoesTheLongWay
    return facts


def _is_refused(facts: dict[str, Any]) -> bool:
    try:
        refuse_card_numbers(facts)
    except CardNumberRefused:
        return True
    return False


def _claim_of(authorization: str) -> SessionClaim | None:
    token = bearers_token(authorization.encode("latin-1"))
    claim = token.claim() if token else None
    if token and claim is None:
        raise AuthenticationFailed
    return claim
