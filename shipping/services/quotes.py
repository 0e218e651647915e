"""Quotes: which methods ship an order of a value to a place, and for how much."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from common.countries import fold, normalise_country, region_spellings
from common.money import round_money
from shipping.models import ShippingMethod, ShippingRate, ShippingZone


@dataclass(frozen=True)
class ShippingOption:
    """A method that serves the place, and its price for this order in SHOP_CURRENCY."""

    method: ShippingMethod
    price: Decimal


def shipping_options(*, country: str, state: str, subtotal: Decimal) -> list[ShippingOption]:
    """The active methods that serve the place at this order value, cheapest first; two statements.

    A rate matches by its zone and its band [min_order_value, max_order_value). Of a method's matching rates the most
    specific zone's counts: one that names the region, then the one of fewer countries, then the cheaper. A method
    without any rate costs its base price everywhere; one none of whose rates match is not offered.
    """
    country = normalise_country(country)
    regions = region_spellings(country, state)
    matching: dict[int, list[ShippingRate]] = defaultdict(list)
    for rate in ShippingRate.objects.for_quote(country=country, subtotal=subtotal):
        if _serves(rate.shipping_zone, regions):
            matching[rate.shipping_method_id].append(rate)
    options = []
    for method in ShippingMethod.objects.for_quote():
        if rates := matching.get(method.pk):
            options.append(ShippingOption(method, round_money(min(rates, key=_specificity).price)))
        elif not method.has_rates:
            options.append(ShippingOption(method, round_money(method.price)))
    return sorted(options, key=lambda option: (option.price, option.method.pk))


def _serves(zone: ShippingZone, regions: frozenset[str]) -> bool:
    return not zone.regions or any(fold(region) in regions for region in zone.regions)


def _specificity(rate: ShippingRate) -> tuple[bool, int, Decimal, int]:
    zone = rate.shipping_zone
    return not zone.regions, len(zone.countries), rate.price, rate.pk
