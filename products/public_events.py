"""The events of the catalogue that leave the shop; they name what left too, which no list of what is there can."""

from common.feed import register_public
from common.registry import PublicEvent

_PRODUCT = ("product_id", "slug")
_REVIEW = ("review_id", "product_id")

EVENTS = {
    "product.activated": PublicEvent("it came on offer", _PRODUCT),
    "product.deactivated": PublicEvent("it went off the shop", _PRODUCT),
    "category.deleted": PublicEvent("it is gone", ("category_id", "slug")),
    "stock.low": PublicEvent("a sale took its stock to the threshold or below", ("variation_id", "quantity")),
    "review.submitted": PublicEvent("a customer wrote it; it waits to be approved", (*_REVIEW, "user_id")),
    "review.approved": PublicEvent("staff show it", _REVIEW),
    "review.rejected": PublicEvent("staff hide it", _REVIEW),
}


def register() -> None:
    """Called once, when the applications are ready."""
    register_public(EVENTS.items())
