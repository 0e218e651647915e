"""Writes of rates and zones: the value bands of one method and zone never overlap."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q

from common.errors import InvalidInput
from common.locking import lock_row, lock_rows
from common.money import ZERO
from shipping.errors import OverlappingRates, ShippingZoneInUse
from shipping.models import ShippingMethod, ShippingRate, ShippingZone


@transaction.atomic
def add_rate(
    *,
    shipping_method: ShippingMethod,
    shipping_zone: ShippingZone,
    price: Decimal,
    min_order_value: Decimal = ZERO,
    max_order_value: Decimal | None = None,
) -> ShippingRate:
    """Set what a method costs in a zone for order values in [min_order_value, max_order_value).

    Locks the method, so that rates of one method are written one after another. Raises InvalidInput for an empty
    band, OverlappingRates where another rate covers a part of it.
    """
    rate = ShippingRate(
        shipping_method=shipping_method,
        shipping_zone=shipping_zone,
        price=price,
        min_order_value=min_order_value,
        max_order_value=max_order_value,
    )
    _save(rate)
    return rate


@transaction.atomic
def change_rate(*, rate_id: int, **changes: Any) -> ShippingRate:
    """Change the named columns of a rate; locks the methods that it leaves and joins, then the rate.

    Removing a method takes its rates in the same order. Raises NotFound, and what `add_rate` raises.
    """
    left = ShippingRate.objects.filter(pk=rate_id).values("shipping_method")
    joined = [changes["shipping_method"].pk] if "shipping_method" in changes else []
    lock_rows(ShippingMethod.objects.filter(Q(pk__in=left) | Q(pk__in=joined)))
    rate = lock_row(ShippingRate.objects.filter(pk=rate_id))
    for name, value in changes.items():
        setattr(rate, name, value)
    _save(rate)
    return rate


def remove_zone(*, zone_id: int) -> None:
    """Delete a zone; raises ShippingZoneInUse where rates hold for it."""
    try:
        ShippingZone.objects.filter(pk=zone_id).delete()
    except ProtectedError as error:
        raise ShippingZoneInUse from error


def check_band(rate: ShippingRate) -> None:
    """Raise InvalidInput where the rate's band holds no value at all."""
    if rate.max_order_value is not None and rate.max_order_value <= rate.min_order_value:
        raise InvalidInput.of("max_order_value", "empty_band", "Must be greater than min_order_value.")


def _save(rate: ShippingRate) -> None:
    check_band(rate)
    lock_row(ShippingMethod.objects.filter(pk=rate.shipping_method_id))
    overlapping = ShippingRate.objects.overlapping(rate)
    if ids := list(overlapping.values_list("pk", flat=True)):
        raise OverlappingRates(rates=ids)
    rate.save()
