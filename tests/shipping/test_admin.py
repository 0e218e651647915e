"""Shipping in the admin site."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from tests.factories.authentication import UserFactory
from tests.factories.orders import OrderFactory
from tests.factories.shipping import ShippingMethodFactory, ShippingRateFactory, ShippingZoneFactory

pytestmark = pytest.mark.django_db

METHODS = "/admin/shipping/shippingmethod/"
ZONES = "/admin/shipping/shippingzone/"
RATES = "/admin/shipping/shippingrate/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def method_form(*rates: dict[str, Any]) -> dict[str, Any]:
    form = {"name": "Standard", "price": "5.00", "delivery_time": "3 days", "is_active": "on"}
    form |= {"rates-TOTAL_FORMS": str(len(rates)), "rates-INITIAL_FORMS": "0"}
    return form | {f"rates-{index}-{name}": value for index, rate in enumerate(rates) for name, value in rate.items()}


def band(zone: ShippingZone, low: str, high: str) -> dict[str, Any]:
    return {"shipping_zone": zone.pk, "min_order_value": low, "max_order_value": high, "price": "4.00"}


@pytest.mark.parametrize("page", [METHODS, ZONES, RATES])
def test_lists_and_forms_open_and_search(admin: Client, page: str) -> None:
    rate = ShippingRateFactory.create(shipping_zone__regions=["CA"])
    ids = {METHODS: rate.shipping_method_id, ZONES: rate.shipping_zone_id, RATES: rate.pk}

    assert admin.get(page, {"q": "st"}).status_code == 200
    assert admin.get(f"{page}add/").status_code == 200
    assert admin.get(f"{page}{ids[page]}/change/").status_code == 200


def test_a_method_is_saved_with_its_rates(admin: Client) -> None:
    zone = ShippingZoneFactory.create()

    response = admin.post(f"{METHODS}add/", method_form(band(zone, "0", "50"), band(zone, "50", "")))

    assert response.status_code == 302
    assert list(ShippingRate.objects.order_by("pk").values_list("min_order_value", "max_order_value")) == [
        (Decimal(0), Decimal(50)),
        (Decimal(50), None),
    ]


@pytest.mark.parametrize("bands", [(("0", "50"), ("49.99", "")), (("0", ""), ("0", ""))])
def test_rates_that_overlap_on_one_page_are_refused(admin: Client, bands: Any) -> None:
    zone = ShippingZoneFactory.create()

    response = admin.post(f"{METHODS}add/", method_form(*(band(zone, low, high) for low, high in bands)))

    assert response.status_code == 200
    assert ShippingMethod.objects.count() == 0


@pytest.mark.parametrize(("low", "high"), [("10", ""), ("5", "5"), ("-1", "")])
def test_a_rate_by_itself_is_checked_too(admin: Client, low: str, high: str) -> None:
    rate = ShippingRateFactory.create(max_order_value=Decimal("10.01"))
    form = {
        "shipping_method": rate.shipping_method_id,
        "shipping_zone": rate.shipping_zone_id,
        "min_order_value": low,
        "max_order_value": high,
        "price": "4.00",
    }

    assert admin.post(f"{RATES}add/", form).status_code == 200
    assert ShippingRate.objects.count() == 1


def test_a_zone_keeps_codes_and_regions(admin: Client) -> None:
    response = admin.post(
        f"{ZONES}add/", {"name": "West", "countries": ["US", "CA"], "regions": "CA\r\n Oregon \r\n\r\n"}
    )

    zone = ShippingZone.objects.get()
    assert response.status_code == 302
    assert (zone.countries, zone.regions) == (["US", "CA"], ["CA", "Oregon"])


def test_a_zone_without_regions_is_all_of_its_countries(admin: Client) -> None:
    admin.post(f"{ZONES}add/", {"name": "All", "countries": ["US"], "regions": " "})

    assert ShippingZone.objects.get().regions is None


@pytest.mark.parametrize("countries", [[], ["XX"]])
def test_a_zone_has_known_countries(admin: Client, countries: list[str]) -> None:
    assert admin.post(f"{ZONES}add/", {"name": "None", "countries": countries}).status_code == 200
    assert ShippingZone.objects.count() == 0


def test_a_method_that_an_order_refers_to_is_deactivated(admin: Client) -> None:
    method = ShippingMethodFactory.create()
    order = OrderFactory.create(shipping_method=method)

    admin.post(f"{METHODS}{method.pk}/delete/", {"post": "yes"})
    admin.post(METHODS, {"action": "delete_selected", "_selected_action": [method.pk], "post": "yes"})

    method.refresh_from_db()
    assert method.is_active is False
    assert Order.objects.get(pk=order.pk).shipping_method_id == method.pk
