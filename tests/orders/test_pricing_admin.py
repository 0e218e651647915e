"""Coupons and tax rates in the admin site."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin, site
from django.test import Client

from orders.admin.coupons import CouponAdmin
from orders.models import Coupon, TaxRate
from orders.services import coupons
from tests.factories.authentication import UserFactory
from tests.factories.orders import CouponFactory, OrderFactory, TaxRateFactory

pytestmark = pytest.mark.django_db

COUPONS = "/admin/orders/coupon/"
USES = "/admin/orders/couponuse/"
TAXES = "/admin/orders/taxrate/"
NEW = {"code": " spring-10 ", "kind": "percent", "value": "10", "minimum_subtotal": "0", "is_active": "on"}
RATE = {"name": "VAT", "country": "DE", "region": " ", "tax_class": "", "rate": "19"}


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("page", [COUPONS, TAXES])
def test_lists_and_forms_open_and_search(admin: Client, page: str) -> None:
    ids = {COUPONS: CouponFactory.create().pk, TAXES: TaxRateFactory.create().pk}

    assert admin.get(page, {"q": "s"}).status_code == 200
    assert admin.get(f"{page}add/").status_code == 200
    assert admin.get(f"{page}{ids[page]}/change/").status_code == 200


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, "Active"),
        ({"is_active": False}, "Off"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "Expired"),
        ({"starts_at": "2120-01-01T00:00:00Z"}, "Scheduled"),
        ({"max_uses": 0}, "Used up"),
    ],
)
def test_the_list_says_how_a_coupon_stands(admin: Client, columns: dict[str, Any], status: str) -> None:
    CouponFactory.create(**columns)
    coupon = Coupon.objects.get()

    assert CouponAdmin(Coupon, site).shown_status(coupon) == status
    assert status in admin.get(COUPONS).content.decode()


def test_a_code_is_kept_normalised(admin: Client) -> None:
    response = admin.post(f"{COUPONS}add/", NEW)

    assert response.status_code == 302
    assert Coupon.objects.get().code == "SPRING-10"


@pytest.mark.parametrize(
    "change",
    [
        {"code": "taken"},
        {"value": "101"},
        {"value": "-1"},
        {"starts_at_0": "2026-02-01", "starts_at_1": "00:00", "ends_at_0": "2026-01-01", "ends_at_1": "00:00"},
    ],
)
def test_what_cannot_be_is_refused(admin: Client, change: dict[str, str]) -> None:
    CouponFactory.create(code="TAKEN")

    assert admin.post(f"{COUPONS}add/", {**NEW, **change}).status_code == 200
    assert Coupon.objects.count() == 1


def test_uses_are_counted_by_orders_alone(admin: Client) -> None:
    coupon = CouponFactory.create(max_uses=5)
    coupons.redeem(coupon_id=coupon.pk, order=OrderFactory.create(), customer="ada@example.com")

    changed = admin.post(f"{COUPONS}{coupon.pk}/change/", {**NEW, "max_uses": "3", "use_count": "0"})
    below = admin.post(f"{COUPONS}{coupon.pk}/change/", {**NEW, "max_uses": "0"})
    listed = admin.get(USES, {"coupon__id__exact": coupon.pk})

    coupon.refresh_from_db()
    assert (changed.status_code, below.status_code) == (302, 200)
    assert (coupon.max_uses, coupon.use_count) == (3, 1)
    assert "ada@example.com" in listed.content.decode()
    assert admin.get(f"{USES}add/").status_code == 403


@pytest.fixture
def coupon_used_beside(monkeypatch: pytest.MonkeyPatch) -> Coupon:
    """A coupon that an order uses just after the form has read it."""
    coupon = CouponFactory.create(max_uses=5)
    read = ModelAdmin.get_object

    def read_then_wait(*args: Any) -> Any:
        found = read(*args)
        coupons.redeem(coupon_id=coupon.pk, order=OrderFactory.create(), customer="ada@example.com")
        return found

    monkeypatch.setattr(ModelAdmin, "get_object", read_then_wait)
    return coupon


def test_a_use_counted_beside_the_form_stays_counted(admin: Client, coupon_used_beside: Coupon) -> None:
    admin.post(f"{COUPONS}{coupon_used_beside.pk}/change/", {**NEW, "max_uses": "3"})

    coupon_used_beside.refresh_from_db()
    assert (coupon_used_beside.max_uses, coupon_used_beside.use_count) == (3, 1)


def test_a_limit_that_was_passed_beside_the_form_is_refused(admin: Client, coupon_used_beside: Coupon) -> None:
    answer = admin.post(f"{COUPONS}{coupon_used_beside.pk}/change/", {**NEW, "max_uses": "0"}, follow=True)

    coupon_used_beside.refresh_from_db()
    assert "It has been used 1 times already." in answer.content.decode()
    assert coupon_used_beside.max_uses == 5


def test_a_coupon_that_was_used_stays(admin: Client) -> None:
    coupon = CouponFactory.create()
    coupons.redeem(coupon_id=coupon.pk, order=OrderFactory.create(), customer="ada@example.com")

    admin.post(f"{COUPONS}{coupon.pk}/delete/", {"post": "yes"})

    assert Coupon.objects.filter(pk=coupon.pk).exists()


def test_a_tax_rate_is_saved(admin: Client) -> None:
    response = admin.post(f"{TAXES}add/", RATE)

    rate = TaxRate.objects.get()
    assert response.status_code == 302
    assert (rate.country, rate.region, rate.rate) == ("DE", "", Decimal(19))


@pytest.mark.parametrize("change", [{"rate": "100.001"}, {"rate": "-1"}, {"country": "XX"}, {"tax_class": "books"}])
def test_tax_rates_that_cannot_be_are_refused(admin: Client, change: dict[str, str]) -> None:
    TaxRateFactory.create(country="DE", tax_class="books")

    assert admin.post(f"{TAXES}add/", {**RATE, **change}).status_code == 200
    assert TaxRate.objects.count() == 1
