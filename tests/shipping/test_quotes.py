"""GET shipping/methods/ as customers see it: who ships there, and for how much."""

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.test import APIClient

from common.registry import Registry
from shipping.api import views
from tests.factories.shipping import ShippingMethodFactory, ShippingRateFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db


def prices(client: APIClient, **query: str) -> dict[str, str]:
    response = client.get("/api/v1/shipping/methods/", query)
    assert response.status_code == 200, response.content
    return {option["name"]: option["price"] for option in response.json()["results"]}


def problem(client: APIClient, **query: str) -> tuple[str, list[tuple[str, str]]]:
    response = client.get("/api/v1/shipping/methods/", query)
    assert response.status_code == 400
    return response.json()["code"], [(error["field"], error["code"]) for error in response.json()["errors"]]


def test_an_option_has_its_place_price_and_the_shops_currency(guest: APIClient) -> None:
    method = ShippingMethodFactory.create(name="Express", description="By air", delivery_time="1 day")
    ShippingRateFactory.create(shipping_method=method, price=Decimal("12.5"))

    response = guest.get("/api/v1/shipping/methods/", {"country": "US"})

    assert response.json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": method.pk,
                "name": "Express",
                "description": "By air",
                "price": "12.50",
                "currency": settings.SHOP_CURRENCY,
                "delivery_time": "1 day",
            }
        ],
    }


def test_a_method_without_rates_costs_its_base_price_everywhere(guest: APIClient) -> None:
    ShippingMethodFactory.create(name="Everywhere", price=Decimal("7.00"))

    assert prices(guest, country="NZ") == {"Everywhere": "7.00"}


def test_a_method_none_of_whose_rates_match_is_not_offered(guest: APIClient) -> None:
    ShippingRateFactory.create(shipping_zone__countries=["US"])

    assert prices(guest, country="DE") == {}


def test_an_inactive_method_is_not_offered(guest: APIClient) -> None:
    ShippingMethodFactory.create(is_active=False)
    ShippingRateFactory.create(shipping_method__is_active=False)

    assert prices(guest, country="US") == {}


@pytest.mark.parametrize("state", ["CA", "ca", "California", " california "])
def test_a_zone_that_names_the_region_wins(guest: APIClient, state: str) -> None:
    method = ShippingMethodFactory.create(name="Standard")
    california = ShippingZoneFactory.create(regions=["CA", "OR"])
    ShippingRateFactory.create(shipping_method=method, price=Decimal("4.00"))
    ShippingRateFactory.create(shipping_method=method, shipping_zone=california, price=Decimal("9.00"))

    assert prices(guest, country="US", state=state) == {"Standard": "9.00"}


@pytest.mark.parametrize("state", ["", "TX", "Nowhere"])
def test_a_zone_of_other_regions_does_not_serve_the_place(guest: APIClient, state: str) -> None:
    method = ShippingMethodFactory.create(name="Standard")
    ShippingRateFactory.create(shipping_method=method, shipping_zone__regions=["CA"], price=Decimal("1.00"))

    assert prices(guest, country="US", state=state) == {}


def test_a_zone_of_fewer_countries_is_more_specific(guest: APIClient) -> None:
    method = ShippingMethodFactory.create(name="Standard")
    wide = ShippingZoneFactory.create(countries=["US", "CA", "MX"])
    ShippingRateFactory.create(shipping_method=method, shipping_zone=wide, price=Decimal("2.00"))
    ShippingRateFactory.create(shipping_method=method, price=Decimal("3.00"))

    assert prices(guest, country="US") == {"Standard": "3.00"}
    assert prices(guest, country="MX") == {"Standard": "2.00"}


@pytest.mark.parametrize(
    ("subtotal", "expected"),
    [("0", "6.00"), ("49.99", "6.00"), ("50.00", "3.00"), ("99.99", "3.00"), ("100.00", "0.00"), ("5000", "0.00")],
)
def test_a_band_takes_its_minimum_and_not_its_maximum(guest: APIClient, subtotal: str, expected: str) -> None:
    method = ShippingMethodFactory.create(name="Standard")
    zone = ShippingZoneFactory.create()
    for price, low, high in (("6", "0", "50"), ("3", "50", "100"), ("0", "100", None)):
        ShippingRateFactory.create(
            shipping_method=method,
            shipping_zone=zone,
            price=Decimal(price),
            min_order_value=Decimal(low),
            max_order_value=Decimal(high) if high else None,
        )

    assert prices(guest, country="US", subtotal=subtotal) == {"Standard": expected}


def test_an_order_value_outside_every_band_is_not_served(guest: APIClient) -> None:
    ShippingRateFactory.create(min_order_value=Decimal(10), max_order_value=Decimal(20))

    assert prices(guest, country="US", subtotal="9.99") == {}
    assert prices(guest, country="US", subtotal="20.00") == {}


def test_a_wider_zone_serves_where_the_specific_one_has_no_band(guest: APIClient) -> None:
    method = ShippingMethodFactory.create(name="Standard")
    california = ShippingZoneFactory.create(regions=["CA"])
    ShippingRateFactory.create(shipping_method=method, price=Decimal("8.00"))
    ShippingRateFactory.create(
        shipping_method=method, shipping_zone=california, price=Decimal("1.00"), min_order_value=Decimal(100)
    )

    assert prices(guest, country="US", state="CA", subtotal="50") == {"Standard": "8.00"}
    assert prices(guest, country="US", state="CA", subtotal="100") == {"Standard": "1.00"}


def test_the_cheapest_comes_first(guest: APIClient) -> None:
    for name, price in (("Dear", "9.00"), ("Cheap", "1.00"), ("Middle", "5.00")):
        ShippingMethodFactory.create(name=name, price=Decimal(price))

    assert list(prices(guest, country="US")) == ["Cheap", "Middle", "Dear"]


def test_without_a_subtotal_the_callers_cart_counts(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    carts: Registry[Any] = Registry()
    carts.register("cart", _subtotal_by_token)
    monkeypatch.setattr(views, "cart_subtotals", carts)
    ShippingRateFactory.create(shipping_method__name="Free over 50", price=0, min_order_value=Decimal(50))

    full = guest.get("/api/v1/shipping/methods/", {"country": "US"}, headers={"X-Cart-Token": "50.00"})
    small = guest.get("/api/v1/shipping/methods/", {"country": "US"}, headers={"X-Cart-Token": "49.99"})

    assert [option["name"] for option in full.json()["results"]] == ["Free over 50"]
    assert small.json()["results"] == []


def _subtotal_by_token(request: Request) -> Decimal:
    return Decimal(request.headers["X-Cart-Token"])


def test_a_quote_takes_one_statement(guest: APIClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        ShippingRateFactory.create()

    with django_assert_num_queries(1):
        guest.get("/api/v1/shipping/methods/", {"country": "US", "subtotal": "10.00"})


def test_customers_name_a_country(guest: APIClient, user_client: APIClient) -> None:
    expected = ("invalid", [("country", "required")])

    assert problem(guest) == expected
    assert problem(user_client) == expected


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"country": "XX"}, "country", "unknown_country"),
        ({"country": "USA"}, "country", "unknown_country"),
        ({"country": ""}, "country", "blank"),
        ({"country": "US", "subtotal": "-1"}, "subtotal", "min_value"),
        ({"country": "US", "subtotal": "1.005"}, "subtotal", "max_decimal_places"),
        ({"country": "US", "subtotal": "NaN"}, "subtotal", "invalid"),
        ({"country": "US", "subtotal": "lots"}, "subtotal", "invalid"),
        ({"country": "US", "state": "x" * 101}, "state", "max_length"),
    ],
)
def test_bad_parameters_are_named(guest: APIClient, query: dict[str, str], field: str, code: str) -> None:
    assert problem(guest, **query) == ("invalid", [(field, code)])


@pytest.mark.parametrize("name", ["zip", "updated_after"])
def test_parameters_that_quotes_do_not_know_are_refused(guest: APIClient, name: str) -> None:
    assert problem(guest, country="US", **{name: "2026-01-01"}) == ("unknown_field", [(name, "unknown_field")])
