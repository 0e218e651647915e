"""Named reads of carts."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from orders.models import Cart  # noqa: F401


class CartQuerySet(models.QuerySet["Cart"]):
    """Reads of carts."""
