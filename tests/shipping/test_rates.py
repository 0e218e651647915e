"""Staff's writes of shipping/rates/: bands of one method and zone never overlap."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from tests.factories.shipping import ShippingMethodFactory, ShippingRateFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db

RATES = "/api/v1/shipping/rates/"


@pytest.fixture
def method() -> ShippingMethod:
    return ShippingMethodFactory.create()


@pytest.fixture
def zone() -> ShippingZone:
    return ShippingZoneFactory.create()


@pytest.fixture
def middle(method: ShippingMethod, zone: ShippingZone) -> ShippingRate:
    """The band from 50 to 100."""
    return ShippingRateFactory.create(
        shipping_method=method, shipping_zone=zone, min_order_value=Decimal(50), max_order_value=Decimal(100)
    )


def body(method: ShippingMethod, zone: ShippingZone, low: str, high: str | None) -> dict[str, Any]:
    return {
        "shipping_method": method.pk,
        "shipping_zone": zone.pk,
        "price": "4.00",
        "min_order_value": low,
        "max_order_value": high,
    }


def test_create(superuser_client: APIClient, method: ShippingMethod, zone: ShippingZone) -> None:
    sent = {"shipping_method": method.pk, "shipping_zone": zone.pk, "price": "4"}

    response = superuser_client.post(RATES, sent)

    rate = ShippingRate.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": rate.pk,
        "shipping_method": method.pk,
        "shipping_zone": zone.pk,
        "price": "4.00",
        "min_order_value": "0.00",
        "max_order_value": None,
        "currency": "USD",
    }


@pytest.mark.parametrize(
    ("low", "high"),
    [("0", "50.01"), ("99.99", "200"), ("60", "70"), ("0", "500"), ("50", "100"), ("0", None), ("50", None)],
)
def test_overlapping_bands_are_refused(
    superuser_client: APIClient, method: ShippingMethod, zone: ShippingZone, middle: ShippingRate, low: str, high: str
) -> None:
    response = superuser_client.post(RATES, body(method, zone, low, high))

    problem = response.json()
    assert (response.status_code, problem["code"], problem["rates"]) == (409, "overlapping_rates", [middle.pk])
    assert ShippingRate.objects.count() == 1


@pytest.mark.parametrize(("low", "high"), [("0", "50"), ("100", "150"), ("100", None)])
def test_bands_that_touch_are_taken(
    superuser_client: APIClient, method: ShippingMethod, zone: ShippingZone, middle: ShippingRate, low: str, high: str
) -> None:
    assert superuser_client.post(RATES, body(method, zone, low, high)).status_code == 201


@pytest.mark.usefixtures("middle")
def test_the_same_band_in_another_zone_or_of_another_method_is_taken(
    superuser_client: APIClient, method: ShippingMethod, zone: ShippingZone
) -> None:
    elsewhere = superuser_client.post(RATES, body(method, ShippingZoneFactory.create(), "50", "100"))
    otherwise = superuser_client.post(RATES, body(ShippingMethodFactory.create(), zone, "50", "100"))

    assert (elsewhere.status_code, otherwise.status_code) == (201, 201)


def test_a_change_may_not_overlap_either(
    superuser_client: APIClient, method: ShippingMethod, zone: ShippingZone, middle: ShippingRate
) -> None:
    low = ShippingRateFactory.create(shipping_method=method, shipping_zone=zone, max_order_value=Decimal(50))

    response = superuser_client.patch(f"{RATES}{low.pk}/", {"max_order_value": "60.00"})

    low.refresh_from_db()
    assert (response.status_code, response.json()["rates"]) == (409, [middle.pk])
    assert low.max_order_value == 50


def test_a_rate_does_not_overlap_itself(superuser_client: APIClient, middle: ShippingRate) -> None:
    response = superuser_client.patch(f"{RATES}{middle.pk}/", {"price": "1.00", "max_order_value": "90.00"})

    middle.refresh_from_db()
    assert response.status_code == 200
    assert (middle.price, middle.max_order_value) == (Decimal(1), Decimal(90))


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"price": "-1"}, "price", "min_value"),
        ({"min_order_value": "-1"}, "min_order_value", "min_value"),
        ({"min_order_value": "10", "max_order_value": "10"}, "max_order_value", "empty_band"),
        ({"min_order_value": "10", "max_order_value": "5"}, "max_order_value", "empty_band"),
        ({"shipping_zone": 999999}, "shipping_zone", "does_not_exist"),
        ({"shipping_zone": 2**62}, "shipping_zone", "does_not_exist"),
        ({"shipping_method": "x"}, "shipping_method", "invalid"),
        ({"shipping_method": 1.5}, "shipping_method", "invalid"),
        ({"shipping_method": True}, "shipping_method", "invalid"),
        ({"shipping_method": [1]}, "shipping_method", "invalid"),
        ({"shipping_method": None}, "shipping_method", "null"),
        ({"weight": 1}, "weight", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    superuser_client: APIClient,
    method: ShippingMethod,
    zone: ShippingZone,
    change: dict[str, Any],
    field: str,
    code: str,
) -> None:
    response = superuser_client.post(RATES, {**body(method, zone, "0", None), **change})

    assert response.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]
    assert ShippingRate.objects.count() == 0


def test_rates_of_one_method(superuser_client: APIClient, middle: ShippingRate) -> None:
    ShippingRateFactory.create()

    response = superuser_client.get(RATES, {"shipping_method": middle.shipping_method_id})

    assert [row["id"] for row in response.json()["results"]] == [middle.pk]


def test_delete(superuser_client: APIClient, middle: ShippingRate) -> None:
    assert superuser_client.delete(f"{RATES}{middle.pk}/").status_code == 204
    assert ShippingRate.objects.count() == 0


def test_rates_are_not_for_customers(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get(RATES).status_code == 401
    assert user_client.post(RATES, {}).status_code == 403


def test_the_database_refuses_overlaps_too(middle: ShippingRate) -> None:
    with pytest.raises(IntegrityError, match="shipping_shippingrate_no_overlap"), transaction.atomic():
        ShippingRateFactory.create(
            shipping_method_id=middle.shipping_method_id,
            shipping_zone_id=middle.shipping_zone_id,
            shipping_method=None,
            shipping_zone=None,
            min_order_value=Decimal("99.99"),
        )


@pytest.mark.parametrize("name", ["0", "999999", "x", "1.5", str(10**30), "-1"])
def test_a_rate_that_does_not_exist_is_not_found(superuser_client: APIClient, name: str) -> None:
    assert superuser_client.get(f"{RATES}{name}/").status_code == 404
