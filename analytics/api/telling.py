"""The quick way in for views of products, which come by the thousand: one request in its usual form, read by hand.

Whatever is unusual about a request, be it wrong or just rare, is none of this module's business: it goes the long way
through DRF, whose parser, serializer and errors define what may be sent.
"""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed

from analytics.api.fields import is_product_reference, visitor_hash
from analytics.api.serializers import REFERRER_MAX_LENGTH
from analytics.services.product_views import ToldView, told_view
from authentication.api.authentication import bearers_token
from authentication.tokens import SessionClaim
from common.client import client_address
from common.errors import InvalidInput

MOST_BYTES = 4_096
JSON = "application/json"


def read_quickly(request: HttpRequest) -> ToldView | None:
    """The view that a usual request tells of; None for any other."""
    facts = _facts_of(request)
    if facts is None:
        return None
    meta = request.META
    try:
        return told_view(
            product=facts["product"],
            claim=_claim_of(meta.get("HTTP_AUTHORIZATION", "")),
            session=visitor_hash(meta.get("HTTP_X_VISITOR_ID")),
            address=client_address(request),
            agent=meta.get("HTTP_USER_AGENT", ""),
            referrer=(facts.get("referrer") or "").strip(),
        )
    except (InvalidInput, AuthenticationFailed, UnicodeEncodeError):
        return None


def accepted() -> HttpResponse:
    """The answer to a view that was taken."""
    response = HttpResponse(status=202, headers={"Cache-Control": "no-store"})
    del response["Content-Type"]
    return response


def _facts_of(request: HttpRequest) -> dict[str, Any] | None:
    meta = request.META
    length, accept = meta.get("CONTENT_LENGTH") or "", meta.get("HTTP_ACCEPT", "*/*")
    is_usual = meta.get("CONTENT_TYPE") in {JSON, f"{JSON};charset=UTF-8"} and not meta.get("QUERY_STRING")
    if not is_usual or not ("*/*" in accept or JSON in accept) or not length.isdecimal() or int(length) > MOST_BYTES:
        return None
    try:
        facts = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(facts, dict) or not facts.keys() <= {"product", "referrer"}:
        return None
    referrer = facts.get("referrer") or ""
    is_plain = isinstance(referrer, str) and len(referrer) <= REFERRER_MAX_LENGTH and "\x00" not in referrer
    return facts if is_plain and is_product_reference(facts.get("product")) else None


def _claim_of(authorization: str) -> SessionClaim | None:
    if not authorization:
        return None
    token = bearers_token(authorization.encode("latin-1"))
    claim = token.claim() if token else None
    if token and claim is None:
        raise AuthenticationFailed
    return claim
