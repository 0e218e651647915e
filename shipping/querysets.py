"""Named reads of shipping methods."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from shipping.models import ShippingMethod  # noqa: F401


class ShippingMethodQuerySet(models.QuerySet["ShippingMethod"]):
    """Reads of shipping methods."""
