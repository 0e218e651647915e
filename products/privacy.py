"""What the catalogue holds about a person: their reviews, in their export.

Reviews stay when the person is erased: they show a first name at most, and that goes with the account.
"""

from typing import Any

from django.db.models import F

from common.registry import privacy_exporters
from products.models import ProductReview

REVIEW = ("rating", "title", "comment", "is_approved", "is_verified_purchase", "created_at", "updated_at")


def register() -> None:
    """Take part in exports."""
    privacy_exporters.register("reviews", reviews_of)


def reviews_of(user_id: int) -> list[dict[str, Any]]:
    """The reviews that the person wrote, oldest first."""
    return list(ProductReview.objects.filter(user=user_id).order_by("id").values(*REVIEW, slug=F("product__slug")))
