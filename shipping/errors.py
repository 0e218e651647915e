"""What shipping refuses."""

from typing import ClassVar

from common.errors import DomainError


class OverlappingRates(DomainError):
    """Another rate of the method and zone covers some of the same order values; `rates` names those."""

    code: ClassVar[str] = "overlapping_rates"
    title: ClassVar[str] = "The value bands of a method and zone must not overlap"


class ShippingZoneInUse(DomainError):
    """Rates hold for the zone; without it their method would ship everywhere at its base price."""

    code: ClassVar[str] = "shipping_zone_in_use"
    title: ClassVar[str] = "The zone has rates; delete those first"
