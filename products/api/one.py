"""A product's own page, from its kept body."""

from products.api.answers import Answer, Asked
from products.api.bodies import PUBLIC_PAGE, STAFF_PAGE, bodies_of, product_etag
from products.querysets.pages import shown_by_slug


def answer_one(asked: Asked, slug: str, *, staff: bool) -> Answer | None:
    """The product of the slug; None where there is none to be seen. Where the client has it, no body is made."""
    shown = shown_by_slug(slug, drafts=staff)
    if shown is None:
        return None
    etag = product_etag(shown, staff=staff)
    if asked.has(etag):
        return Answer(etag, None)
    bodies = bodies_of(STAFF_PAGE if staff else PUBLIC_PAGE, [shown])
    return Answer(etag, bodies[0]) if bodies else None
