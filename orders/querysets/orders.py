"""Named reads of orders."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from orders.models import Order  # noqa: F401


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders."""
