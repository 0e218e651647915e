"""Quotes: which methods ship an order of a value to a place, and for how much."""

from dataclasses import dataclass
from decimal import Decimal

from common.countries import fold, normalise_country, region_spellings
from common.money import round_money
from shipping.models import ShippingMethod
from shipping.quote_rows import ZoneRate, offered_methods


@dataclass(frozen=True)
class ShippingOption:
    """A method that serves the place, and its price for this order in SHOP_CURRENCY."""

    method: ShippingMethod
    price: Decimal


def shipping_options(*, country: str, state: str, subtotal: Decimal) -> list[ShippingOption]:
    """The active methods that serve the place at this order value, cheapest first; one statement.

    A rate matches by its zone and its band [min_order_value, max_order_value). Of a method's matching rates the most
    specific zone's counts: one that names the region, then the one of fewer countries, then the cheaper. A method
    without any rate costs its base price everywhere; one none of whose rates match is not offered.
    """
    country = normalise_country(country)
    regions = region_spellings(country, state)
    options = []
    for offer in offered_methods(country=country, subtotal=subtotal):
        matching = [rate for rate in offer.rates if _serves(rate, regions)]
        if matching:
            options.append(ShippingOption(offer.method, round_money(min(matching, key=_specificity).price)))
        elif not offer.has_rates:
            options.append(ShippingOption(offer.method, round_money(offer.method.price)))
    return sorted(options, key=lambda option: (option.price, option.method.pk))


def _serves(rate: ZoneRate, regions: frozenset[str]) -> bool:
    return not rate.regions or any(fold(region) in regions for region in rate.regions)


def _specificity(rate: ZoneRate) -> tuple[bool, int, Decimal, int]:
    return not rate.regions, len(rate.countries), rate.price, rate.id
