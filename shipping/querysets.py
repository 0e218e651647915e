"""Named reads of shipping rates."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from shipping.models import ShippingRate


class ShippingRateQuerySet(models.QuerySet["ShippingRate"]):
    """Reads of shipping rates."""

    def overlapping(self, rate: "ShippingRate") -> Self:
        """Other rates of the rate's method and zone whose bands share a value with its own."""
        others = self.exclude(pk=rate.pk).filter(
            Q(max_order_value=None) | Q(max_order_value__gt=rate.min_order_value),
            shipping_method_id=rate.shipping_method_id,
            shipping_zone_id=rate.shipping_zone_id,
        )
        return others if rate.max_order_value is None else others.filter(min_order_value__lt=rate.max_order_value)
