"""Which tax rate holds where, for what."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from orders.services.tax import Destination, table_for
from tests.factories.orders import TaxRateFactory

pytestmark = pytest.mark.django_db


def rate_of(tax_class: str, *, state: str = "CA", country: str = "US") -> Decimal | None:
    rate = table_for(Destination(country, state)).rate_for(tax_class)
    return rate.rate if rate else None


def test_the_most_specific_rate_holds() -> None:
    TaxRateFactory.create(rate=1)
    TaxRateFactory.create(rate=2, region="CA")
    TaxRateFactory.create(rate=3, tax_class="books")
    TaxRateFactory.create(rate=4, region="CA", tax_class="books")
    TaxRateFactory.create(rate=5, region="TX", tax_class="books")

    assert rate_of("books") == 4
    assert rate_of("books", state="NY") == 3
    assert rate_of("") == 2
    assert rate_of("", state="NY") == 1


def test_the_class_comes_before_the_region() -> None:
    TaxRateFactory.create(rate=2, region="CA")
    TaxRateFactory.create(rate=3, tax_class="books")

    assert rate_of("books") == 3


def test_a_class_without_rates_is_taxed_as_the_standard_one() -> None:
    TaxRateFactory.create(rate=1)
    TaxRateFactory.create(rate=2, region="CA")

    assert rate_of("toys") == 2
    assert rate_of("toys", state="NY") == 1


@pytest.mark.parametrize("state", ["CA", "ca", " Ca ", "California", "CALIFORNIA"])
def test_a_region_matches_however_it_is_spelt(state: str) -> None:
    TaxRateFactory.create(rate=7, region="CA")

    assert rate_of("", state=state) == 7


def test_a_region_unknown_to_the_country_matches_by_its_name() -> None:
    TaxRateFactory.create(rate=7, country="DE", region="Büsingen")

    assert rate_of("", country="de", state="BÜSINGEN") == 7
    assert rate_of("", country="DE", state="Berlin") is None


def test_nothing_is_taxed_where_there_is_no_rate() -> None:
    TaxRateFactory.create(region="CA")
    TaxRateFactory.create(tax_class="books")

    assert rate_of("", state="NY") is None
    assert rate_of("books", country="CA") is None


def test_shipping_takes_the_standard_rate_where_that_applies_to_it() -> None:
    TaxRateFactory.create(rate=1, applies_to_shipping=True)
    TaxRateFactory.create(rate=2, region="CA")
    TaxRateFactory.create(rate=3, tax_class="books", region="NY", applies_to_shipping=True)

    to_texas = table_for(Destination("US", "TX")).rate_for_shipping()
    to_california = table_for(Destination("US", "CA")).rate_for_shipping()

    assert to_texas is not None
    assert to_texas.rate == 1
    assert to_california is None


def test_an_order_takes_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    TaxRateFactory.create()
    TaxRateFactory.create(tax_class="books")

    with django_assert_num_queries(1):
        table = table_for(Destination("US", "CA"))
        assert table.rate_for("books") is not None
        assert table.rate_for_shipping() is None
