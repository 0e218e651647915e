"""Named reads of categories."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from products.models import Category  # noqa: F401


class CategoryQuerySet(models.QuerySet["Category"]):
    """Reads of categories."""
