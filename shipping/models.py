"""Shipping methods, the zones they serve and what they cost there."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DecimalRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from common.models import TimestampedModel
from shipping.querysets import ShippingRateQuerySet
from shipping.validators import country_list, region_list


class ShippingMethod(TimestampedModel):
    """A way of shipping; `price` holds where no zone is defined for it."""

    name = models.CharField(max_length=100, db_comment="Method name")
    description = models.TextField(null=True, blank=True, db_comment="Method description")  # noqa: DJ001 - documented
    price = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Base shipping price")
    is_active = models.BooleanField(default=True, db_default=True, db_index=True, db_comment="Active status")
    delivery_time = models.CharField(max_length=100, db_comment="Estimated delivery time")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price__gte=0), name="shipping_shippingmethod_price_not_negative")
        ]

    def __str__(self) -> str:
        return self.name


class ShippingZone(models.Model):
    """A part of the world: countries, and where given only some regions of them."""

    name = models.CharField(max_length=100, db_comment='Zone name (e.g., "North America")')
    countries = models.JSONField(validators=[country_list], db_comment="List of country codes, ISO 3166-1 alpha-2")
    regions = models.JSONField(
        null=True, blank=True, validators=[region_list], db_comment="Optional list of regions/states"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Exact(Func("countries", function="jsonb_typeof", output_field=models.TextField()), "array"),
                name="shipping_shippingzone_countries_list",
            ),
            models.CheckConstraint(
                condition=Q(regions__isnull=True)
                | Q(Exact(Func("regions", function="jsonb_typeof", output_field=models.TextField()), "array")),
                name="shipping_shippingzone_regions_list",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingRate(models.Model):
    """What a method costs in a zone for orders of a value in [min_order_value, max_order_value)."""

    shipping_method = models.ForeignKey(
        ShippingMethod, on_delete=models.CASCADE, related_name="rates", db_comment="Method reference"
    )
    shipping_zone = models.ForeignKey(
        ShippingZone, on_delete=models.PROTECT, related_name="rates", db_comment="Zone reference"
    )
    price = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Zone-specific shipping rate")
    min_order_value = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Minimum order subtotal"
    )
    max_order_value = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        db_comment="Maximum order subtotal, itself excluded",
    )

    objects = ShippingRateQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipping_method", "shipping_zone", "min_order_value"],
                name="shipping_shippingrate_once",
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="shipping_shippingrate_price_not_negative"),
            models.CheckConstraint(
                condition=Q(min_order_value__gte=0)
                & (Q(max_order_value=None) | Q(max_order_value__gt=F("min_order_value"))),
                name="shipping_shippingrate_band",
            ),
            ExclusionConstraint(
                name="shipping_shippingrate_no_overlap",
                expressions=[
                    ("shipping_method", RangeOperators.EQUAL),
                    ("shipping_zone", RangeOperators.EQUAL),
                    (
                        Func(
                            "min_order_value",
                            "max_order_value",
                            function="numrange",
                            output_field=DecimalRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price} from {self.min_order_value}"

    def overlaps(self, other: "ShippingRate") -> bool:
        """Whether both hold for some same order value of the same method and zone."""
        same_place = (self.shipping_method_id, self.shipping_zone_id) == (
            other.shipping_method_id,
            other.shipping_zone_id,
        )
        return same_place and self._starts_within(other) | other._starts_within(self)  # noqa: SLF001 - its own kind

    def _starts_within(self, other: "ShippingRate") -> bool:
        below_end = other.max_order_value is None or self.min_order_value < other.max_order_value
        return self.min_order_value >= other.min_order_value and below_end
