"""Conditional requests (RFC 9110): strong ETags of what is sent, 304 for those who have it, If-Match for writers."""

import hashlib
from typing import ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request

from common.errors import DomainError

PUBLIC_VARY = "Accept, Authorization"


class PreconditionFailed(DomainError):
    code: ClassVar[str] = "precondition_failed"
    status: ClassVar[int] = 412
    title: ClassVar[str] = "It has changed since you read it"


class PreconditionRequired(DomainError):
    code: ClassVar[str] = "precondition_required"
    status: ClassVar[int] = 428
    title: ClassVar[str] = "Send If-Match with the ETag of what you read"


def public_cache_control() -> str:
    """The Cache-Control of public catalogue answers."""
    return f"public, max-age={settings.CATALOGUE_MAX_AGE}, must-revalidate"


def set_etag(request: Request, response: HttpResponse) -> None:
    """Give a rendered answer its ETag (unless the view set one) and empty it to 304 where the client has it."""
    if not response.has_header("ETag"):
        response["ETag"] = quote_etag(hashlib.blake2b(response.content, digest_size=12).hexdigest())
    if has_match(request.META.get("HTTP_IF_NONE_MATCH"), response["ETag"]):
        response.status_code = 304
        response.content = b""
        del response["Content-Type"]


def has_match(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has what the quoted ETag names already, by the value of its If-None-Match."""
    if not if_none_match:
        return False
    offered = parse_etags(if_none_match)
    return "*" in offered or etag in {each.removeprefix("W/") for each in offered}


def check_if_match(request: Request, current: str) -> None:
    """Hold a write to its If-Match; `current` is the quoted ETag of the row, read under the lock of the write.

    Raises PreconditionFailed where it names another, PreconditionRequired where it is missing and the shop asks
    for it.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if settings.REQUIRE_IF_MATCH:
            raise PreconditionRequired
        return
    offered = parse_etags(header)
    if "*" not in offered and current not in offered:
        raise PreconditionFailed
