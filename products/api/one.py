"""A product's own page, from its kept body."""

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from common.api.conditional import has_match
from products.api.bodies import PUBLIC_PAGE, STAFF_PAGE, bodies_of, product_etag
from products.querysets.pages import shown_by_slug


def answer(request: HttpRequest | Request, slug: str, *, staff: bool) -> HttpResponse | None:
    """The product of the slug, or 304 without its body being made; None where there is none to be seen."""
    shown = shown_by_slug(slug, drafts=staff)
    if shown is None:
        return None
    headers = {"ETag": product_etag(shown, staff=staff)}
    if has_match(request, headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    bodies = bodies_of(STAFF_PAGE if staff else PUBLIC_PAGE, [shown])
    return HttpResponse(bodies[0], content_type="application/json", headers=headers) if bodies else None
