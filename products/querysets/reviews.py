"""Named reads of reviews."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from products.models import ProductReview  # noqa: F401


class ReviewQuerySet(models.QuerySet["ProductReview"]):
    """Reads of reviews."""

    def approved(self) -> "ReviewQuerySet":
        """Those that everybody may read."""
        return self.filter(is_approved=True)

    def rejected(self) -> "ReviewQuerySet":
        """Those that staff turned down."""
        return self.filter(is_approved=False, moderated_at__isnull=False)

    def waiting(self) -> "ReviewQuerySet":
        """Those that nobody has judged yet."""
        return self.filter(is_approved=False, moderated_at=None)

    def for_list(self) -> "ReviewQuerySet":
        """With the reviewer and the product, in one statement."""
        return self.select_related("user", "product").defer("product__description")
