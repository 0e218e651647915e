"""What the reads of products answer, whoever asks: Django's view, or what stands before it."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from common.api.conditional import has_match

JSON = "application/json"
# In a request's META: the address by which a view answered, and what failed before Django was asked (see guests.py).
ADDRESS, FAILURE = "shop.address", "shop.failure"


class Asked(NamedTuple):
    """What an answer depends on beside its product or list: the query as sent, the shop's address, If-None-Match."""

    query: str
    here: str
    if_none_match: str | None

    @classmethod
    def by(cls, request: HttpRequest | Request) -> "Asked":
        """What the request asks; raises what failed when it was asked before."""
        if failure := request.META.get(FAILURE):
            raise failure
        here = f"{request.scheme}://{request.get_host()}"
        request.META[ADDRESS] = here
        return cls(request.META.get("QUERY_STRING", ""), here, request.META.get("HTTP_IF_NONE_MATCH"))

    def has(self, etag: str) -> bool:
        """Whether the client has what the quoted ETag names already."""
        return has_match(self.if_none_match, etag)


class Answer(NamedTuple):
    """A body with its quoted ETag; no body where the client has it."""

    etag: str
    body: bytes | None

    def response(self) -> HttpResponse:
        """The answer as Django sends it."""
        headers = {"ETag": self.etag}
        if self.body is None:
            response = HttpResponse(status=304, headers=headers)
            del response["Content-Type"]
            return response
        return HttpResponse(self.body, content_type=JSON, headers=headers)
