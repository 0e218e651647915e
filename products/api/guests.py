"""What guests read most is answered before anything is set up that only others need."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from common.api.conditional import PUBLIC_VARY, public_cache_control
from products.api import lists, one

View = Callable[..., HttpResponse]


def guests_first(view: View) -> View:
    """The view of products, for which it stands in where a guest reads a page that is known.

    Whatever is not plainly that (a bearer, a write, an address not seen before, another format, an error) is the
    view's, whose answer to the same request says the same.
    """

    @wraps(view)
    def answer(request: HttpRequest, slug: str | None = None) -> HttpResponse:
        known = _answer(request, slug) if _is_plain(request) else None
        if known is None:
            return view(request) if slug is None else view(request, slug=slug)
        known.headers["Cache-Control"] = public_cache_control()
        patch_vary_headers(known, PUBLIC_VARY.split(", "))
        return known

    return answer


def _is_plain(request: HttpRequest) -> bool:
    asked = request.META
    accepted = asked.get("HTTP_ACCEPT", "*/*")
    return (
        request.method == "GET"
        and "HTTP_AUTHORIZATION" not in asked
        and ("*/*" in accepted or "application/json" in accepted)
    )


def _answer(request: HttpRequest, slug: str | None) -> HttpResponse | None:
    if slug is None:
        return lists.answer_known(request, staff=False)
    return None if request.META.get("QUERY_STRING") else one.answer(request, slug, staff=False)
