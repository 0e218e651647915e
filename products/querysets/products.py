"""Named reads of products."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from products.models import Product  # noqa: F401


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""
