"""Tax: which rate holds for a product's class, and for shipping, at a destination."""

from collections.abc import Sequence
from dataclasses import dataclass

from common import rows
from common.countries import fold, normalise_country, region_spellings
from orders.models import TaxRate

STANDARD_CLASS = ""


@dataclass(frozen=True)
class Destination:
    """Where an order goes: a country (ISO 3166-1 alpha-2) and a state or region as the customer spelt it."""

    country: str
    state: str = ""


@dataclass(frozen=True)
class TaxTable:
    """The rates of one destination, the most specific first.

    A rate of the region for the class comes before one of the whole country for the class, then one of the region
    for the standard class, then the country's standard one.
    """

    rates: Sequence[TaxRate] = ()

    def rate_for(self, tax_class: str) -> TaxRate | None:
        """The rate of the class, or None where nothing is taxed."""
        of_class = (rate for rate in self.rates if rate.tax_class == tax_class)
        return next(of_class, None) or self.standard()

    def standard(self) -> TaxRate | None:
        """The rate of the standard class."""
        return next((rate for rate in self.rates if rate.tax_class == STANDARD_CLASS), None)

    def rate_for_shipping(self) -> TaxRate | None:
        """The standard class's rate where it says that it applies to shipping."""
        rate = self.standard()
        return rate if rate and rate.applies_to_shipping else None


def table_for(destination: Destination) -> TaxTable:
    """The rates that hold at the destination; one statement."""
    regions = region_spellings(destination.country, destination.state)
    rates = rows.fetch(TaxRate, "WHERE country = %s", [normalise_country(destination.country)])
    here = [rate for rate in rates if not rate.region or fold(rate.region) in regions]
    return TaxTable(sorted(here, key=lambda rate: (not rate.region, rate.pk)))
