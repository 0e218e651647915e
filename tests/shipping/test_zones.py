"""Staff's writes of shipping/zones/."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from shipping.models import ShippingZone
from tests.factories.shipping import ShippingRateFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db

NEW = {"name": "North America", "countries": ["US", "CA"]}


def test_create(superuser_client: APIClient) -> None:
    response = superuser_client.post("/api/v1/shipping/zones/", {**NEW, "regions": ["CA", "BC"]})

    zone = ShippingZone.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": zone.pk,
        "name": "North America",
        "countries": ["US", "CA"],
        "regions": ["CA", "BC"],
    }
    assert (zone.countries, zone.regions) == (["US", "CA"], ["CA", "BC"])


def test_codes_are_kept_in_capitals(superuser_client: APIClient) -> None:
    response = superuser_client.post("/api/v1/shipping/zones/", {**NEW, "countries": ["us"]})

    assert response.json()["countries"] == ["US"]
    assert response.json()["regions"] is None


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"countries": []}, "countries", "invalid_countries"),
        ({"countries": None}, "countries", "null"),
        ({"countries": "US"}, "countries", "not_a_list"),
        ({"countries": {"US": 1}}, "countries", "not_a_list"),
        ({"countries": ["US", "XX"]}, "countries.1", "unknown_country"),
        ({"countries": [["US"]]}, "countries.0", "invalid"),
        ({"countries": ["US", "us"]}, "countries", "duplicate_country"),
        ({"countries": ["UK"]}, "countries.0", "unknown_country"),
        ({"regions": "CA"}, "regions", "not_a_list"),
        ({"regions": [""]}, "regions.0", "blank"),
        ({"regions": [None]}, "regions.0", "null"),
        ({"regions": ["x" * 101]}, "regions.0", "max_length"),
        ({"name": " "}, "name", "blank"),
        ({"planet": "Earth"}, "planet", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    superuser_client: APIClient, change: dict[str, Any], field: str, code: str
) -> None:
    response = superuser_client.post("/api/v1/shipping/zones/", {**NEW, **change})

    assert response.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]
    assert ShippingZone.objects.count() == 0


def test_change(superuser_client: APIClient) -> None:
    zone = ShippingZoneFactory.create(regions=["CA"])

    response = superuser_client.patch(f"/api/v1/shipping/zones/{zone.pk}/", {"regions": None})

    zone.refresh_from_db()
    assert response.status_code == 200
    assert zone.regions is None


def test_an_unused_zone_is_deleted(superuser_client: APIClient) -> None:
    zone = ShippingZoneFactory.create()

    assert superuser_client.delete(f"/api/v1/shipping/zones/{zone.pk}/").status_code == 204
    assert ShippingZone.objects.count() == 0


def test_a_zone_with_rates_stays(superuser_client: APIClient) -> None:
    rate = ShippingRateFactory.create()

    response = superuser_client.delete(f"/api/v1/shipping/zones/{rate.shipping_zone_id}/")

    assert (response.status_code, response.json()["code"]) == (409, "shipping_zone_in_use")
    assert ShippingZone.objects.count() == 1


def test_zones_are_not_for_customers(guest: APIClient, user_client: APIClient) -> None:
    assert guest.get("/api/v1/shipping/zones/").status_code == 401
    assert user_client.get("/api/v1/shipping/zones/").status_code == 403


@pytest.mark.parametrize("column", ["countries", "regions"])
def test_the_database_refuses_what_is_no_list(column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ShippingZoneFactory.create(**{column: "US"})
