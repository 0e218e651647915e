"""What the catalogue holds about a person: their reviews and what they wait for.

Reviews stay when the person is erased: they show a first name at most, and that goes with the account. Back-in-stock
notices go, those of guests with the same address too.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F

from common.registry import address_erasers, address_exporters, held_addresses, mail_secrets, privacy_exporters
from products.models import ProductReview, StockNotice
from products.services import stock_notices

REVIEW = ("rating", "title", "comment", "is_approved", "is_verified_purchase", "created_at", "updated_at")


def register() -> None:
    """Take part in exports and erasures, and in the links of mails."""
    address_exporters.register("stock_notices", stock_notices.notices_to)
    privacy_exporters.register("reviews", reviews_of)
    privacy_exporters.register("stock_notices", stock_notices.notices_of)
    address_erasers.register("stock_notices", stock_notices.forget_address)
    mail_secrets.register(stock_notices.SECRET_NAME, stock_notices.token_for)
    held_addresses.register("stock_notices", _addresses)


def reviews_of(user_id: int) -> list[dict[str, Any]]:
    """The reviews that the person wrote, oldest first."""
    return list(ProductReview.objects.filter(user=user_id).order_by("id").values(*REVIEW, slug=F("product__slug")))


def _addresses() -> Iterable[str]:
    return StockNotice.objects.values_list("email", flat=True).distinct().iterator()
