"""Named reads of reviews."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from products.models import ProductReview  # noqa: F401


class ReviewQuerySet(models.QuerySet["ProductReview"]):
    """Reads of reviews."""
