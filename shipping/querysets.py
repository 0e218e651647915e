"""Named reads of shipping methods and rates."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from shipping.models import ShippingMethod, ShippingRate  # noqa: F401


class ShippingMethodQuerySet(models.QuerySet["ShippingMethod"]):
    """Reads of shipping methods."""

    def for_quote(self) -> Self:
        """The active methods, each with `has_rates`: whether any zone is defined for it."""
        with_rates = self.model.objects.filter(pk=OuterRef("pk"), rates__isnull=False)
        return self.filter(is_active=True).annotate(has_rates=Exists(with_rates))


class ShippingRateQuerySet(models.QuerySet["ShippingRate"]):
    """Reads of shipping rates."""

    def for_quote(self, *, country: str, subtotal: Decimal) -> Self:
        """Rates of active methods whose zone has the country and whose band has the order value, with their zones."""
        return self.select_related("shipping_zone").filter(
            Q(max_order_value=None) | Q(max_order_value__gt=subtotal),
            shipping_method__is_active=True,
            shipping_zone__countries__contains=[country],
            min_order_value__lte=subtotal,
        )

    def overlapping(self, rate: "ShippingRate") -> Self:
        """Other rates of the rate's method and zone whose bands share a value with its own."""
        others = self.exclude(pk=rate.pk).filter(
            Q(max_order_value=None) | Q(max_order_value__gt=rate.min_order_value),
            shipping_method_id=rate.shipping_method_id,
            shipping_zone_id=rate.shipping_zone_id,
        )
        return others if rate.max_order_value is None else others.filter(min_order_value__lt=rate.max_order_value)
