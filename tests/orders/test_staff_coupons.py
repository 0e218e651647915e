"""Staff's coupons/: terms, never uses."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import Coupon
from orders.services import coupons
from tests.factories.orders import CouponFactory, OrderFactory

pytestmark = pytest.mark.django_db

COUPONS = "/api/v1/coupons/"
NEW = {"code": " spring-10 ", "kind": "percent", "value": "10.00"}


def used(coupon: Coupon) -> Coupon:
    coupons.redeem(coupon_id=coupon.pk, order=OrderFactory.create(), customer="ada@example.com")
    return coupon


def test_create(superuser_client: APIClient) -> None:
    response = superuser_client.post(COUPONS, NEW)

    coupon = Coupon.objects.get()
    assert response.status_code == 201
    assert (coupon.code, coupon.kind, coupon.value, coupon.is_active) == ("SPRING-10", "percent", Decimal(10), True)
    body = response.json()
    assert (body["id"], body["value"], body["minimum_subtotal"], body["use_count"], body["currency"]) == (
        coupon.pk,
        "10.00",
        "0.00",
        0,
        "USD",
    )


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"code": "Taken"}, "code", "unique"),
        ({"code": ""}, "code", "blank"),
        ({"code": "x" * 41}, "code", "max_length"),
        ({"kind": "gift"}, "kind", "invalid_choice"),
        ({"value": "100.01"}, "value", "max_value"),
        ({"value": "-1"}, "value", "min_value"),
        ({"minimum_subtotal": "-1"}, "minimum_subtotal", "min_value"),
        ({"max_uses": -1}, "max_uses", "min_value"),
        ({"max_uses": 2**31}, "max_uses", "max_value"),
        ({"max_uses": 1.5}, "max_uses", "invalid"),
        ({"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}, "ends_at", "empty_window"),
        ({"use_count": 0}, "use_count", "unknown_field"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    superuser_client: APIClient, change: dict[str, Any], field: str, code: str
) -> None:
    CouponFactory.create(code="TAKEN")

    response = superuser_client.post(COUPONS, {**NEW, **change})

    assert response.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]
    assert Coupon.objects.count() == 1


def test_a_fixed_amount_may_pass_a_hundred(superuser_client: APIClient) -> None:
    assert superuser_client.post(COUPONS, {**NEW, "kind": "fixed", "value": "150.00"}).status_code == 201


def test_change(superuser_client: APIClient) -> None:
    coupon = used(CouponFactory.create(max_uses=5))

    allowed = superuser_client.patch(f"{COUPONS}{coupon.pk}/", {"max_uses": 1, "is_active": False})
    refused = superuser_client.patch(f"{COUPONS}{coupon.pk}/", {"max_uses": 0})

    coupon.refresh_from_db()
    assert (allowed.status_code, refused.status_code) == (200, 400)
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [("max_uses", "below_use_count")]
    assert (coupon.max_uses, coupon.is_active, coupon.use_count) == (1, False, 1)


def test_an_unused_coupon_is_deleted(superuser_client: APIClient) -> None:
    coupon = CouponFactory.create()

    assert superuser_client.delete(f"{COUPONS}{coupon.pk}/").status_code == 204
    assert Coupon.objects.count() == 0


def test_a_used_coupon_is_switched_off_instead(superuser_client: APIClient) -> None:
    coupon = used(CouponFactory.create())

    assert superuser_client.delete(f"{COUPONS}{coupon.pk}/").status_code == 204
    coupon.refresh_from_db()
    assert coupon.is_active is False


@pytest.mark.parametrize("code", ["\u00df" * 21, "\ufdfa" * 3])
def test_a_code_that_outgrows_its_column_when_normalised_is_refused(superuser_client: APIClient, code: str) -> None:
    refused = superuser_client.post(COUPONS, {"code": code, "kind": "percent", "value": "10"})

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "max_length")
    assert Coupon.objects.count() == 0
