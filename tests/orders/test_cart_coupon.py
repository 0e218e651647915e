"""POST and DELETE cart/coupon/."""

import pytest
from rest_framework.test import APIClient

from orders.models import Cart
from tests.factories.orders import CouponFactory

pytestmark = pytest.mark.django_db

CART = "/api/v1/cart/"
COUPON = "/api/v1/cart/coupon/"


def test_a_coupon_lowers_what_is_to_pay(shopper: APIClient) -> None:
    CouponFactory.create(code="WELCOME10")

    body = shopper.post(COUPON, {"code": " welcome10 "}).json()

    assert (body["coupon"], body["subtotal"], body["discount"]) == ("WELCOME10", "39.80", "3.98")
    assert shopper.get(CART).json() == body


def test_another_takes_its_place(shopper: APIClient) -> None:
    first, second = CouponFactory.create(), CouponFactory.create(kind="fixed", value="5.00")
    shopper.post(COUPON, {"code": first.code})

    body = shopper.post(COUPON, {"code": second.code}).json()

    assert (body["coupon"], body["discount"]) == (second.code, "5.00")


def test_what_may_not_be_used_is_refused_with_the_reason(shopper: APIClient) -> None:
    CouponFactory.create(code="RICH", minimum_subtotal="100.00")

    answers = [shopper.post(COUPON, {"code": code}) for code in ("RICH", "NOSUCH")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "coupon_invalid")] * 2
    assert [answer.json()["reason"] for answer in answers] == ["minimum_subtotal", "unknown"]
    assert Cart.objects.get().coupon is None


def test_an_empty_cart_takes_none(guest: APIClient) -> None:
    coupon = CouponFactory.create()

    answer = guest.post(COUPON, {"code": coupon.code})

    assert (answer.status_code, answer.json()["code"]) == (409, "cart_empty")
    assert not Cart.objects.exists()


def test_it_can_be_taken_back(shopper: APIClient, guest: APIClient) -> None:
    shopper.post(COUPON, {"code": CouponFactory.create().code})

    body = shopper.delete(COUPON).json()

    assert (body["coupon"], body["discount"]) == (None, "0.00")
    assert shopper.delete(COUPON).status_code == 200
    assert guest.delete(COUPON).json()["coupon"] is None
