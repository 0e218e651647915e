"""Coupons: which may be used, by whom, how often, and that a use goes back once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from orders.errors import CouponInvalid
from orders.models import Coupon, CouponUse
from orders.services import coupons
from tests.factories.orders import CouponFactory, OrderFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def find(code: str, *, subtotal: str = "10.00", email: str | None = None, at: datetime = NOW) -> Coupon:
    return coupons.find_valid(code=code, subtotal=Decimal(subtotal), customer_email=email, at=at)


def redeem(coupon: Coupon, customer: str = "ada@example.com", **order: Any) -> CouponUse:
    return coupons.redeem(coupon_id=coupon.pk, order=OrderFactory.create(**order), customer=customer)


def wide(text: str) -> str:
    """The text in full-width forms, which look alike and are other characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def reason_of(error: pytest.ExceptionInfo[CouponInvalid]) -> str:
    return str(error.value.facts["reason"])


@pytest.mark.parametrize("typed", ["Spring-10", "spring-10", " SPRING-10 ", wide("SPRING-10")])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    coupon = CouponFactory.create(code="Spring-10")

    assert find(typed) == coupon


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(CouponInvalid) as error:
        find("NOTHING")

    assert error.value.facts == {"reason": "unknown"}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"is_active": False}, "inactive"),
        ({"starts_at": NOW + HOUR}, "not_started"),
        ({"ends_at": NOW - HOUR}, "expired"),
        ({"ends_at": NOW}, "expired"),
        ({"minimum_subtotal": Decimal("10.01")}, "minimum_subtotal"),
        ({"max_uses": 2, "use_count": 2}, "used_up"),
        ({"max_uses": 0}, "used_up"),
    ],
)
def test_a_refusal_names_its_reason(columns: dict[str, Any], reason: str) -> None:
    CouponFactory.create(code="SPRING", **columns)

    with pytest.raises(CouponInvalid) as error:
        find("SPRING")

    assert reason_of(error) == reason


def test_a_minimum_is_told() -> None:
    CouponFactory.create(code="SPRING", minimum_subtotal=Decimal("50.00"))

    with pytest.raises(CouponInvalid) as error:
        find("SPRING", subtotal="49.99")

    assert error.value.facts == {"reason": "minimum_subtotal", "minimum_subtotal": "50.00"}


@pytest.mark.parametrize(
    "columns",
    [
        {"starts_at": NOW, "ends_at": NOW + HOUR},
        {"minimum_subtotal": Decimal("10.00")},
        {"max_uses": 2, "use_count": 1},
        {"max_uses_per_customer": 1},
    ],
)
def test_the_edges_are_valid(columns: dict[str, Any]) -> None:
    coupon = CouponFactory.create(code="SPRING", **columns)

    assert find("SPRING", email="ada@example.com") == coupon


def test_finding_locks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    CouponFactory.create(code="SPRING", max_uses_per_customer=1)

    with django_assert_num_queries(2) as captured:
        find("SPRING", email="ada@example.com")

    assert "FOR " not in " ".join(query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize(
    "twin",
    [
        "ADA@Example.com",
        " ada@example.com ",
        "ada+second@example.com",
        "Ada+1+2@EXAMPLE.COM",
        wide("ada") + "@example.com",
        "ada@" + wide("e") + "xample.com",
    ],
)
def test_a_customer_counts_as_one_however_the_address_is_spelt(twin: str) -> None:
    coupon = CouponFactory.create(code="SPRING", max_uses_per_customer=1)
    redeem(coupon, "ada@example.com")

    with pytest.raises(CouponInvalid) as found:
        find("SPRING", email=twin)
    with pytest.raises(CouponInvalid) as redeemed:
        redeem(coupon, twin)

    assert (reason_of(found), reason_of(redeemed)) == ("used_by_customer", "used_by_customer")
    assert CouponUse.objects.count() == 1


def test_a_domain_counts_as_one_in_letters_and_in_ascii() -> None:
    assert coupons.normalise_customer("Ada@Bücher.example") == "ada@xn--bcher-kva.example"
    assert coupons.normalise_customer("ada@xn--bcher-kva.example") == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize("other", ["bob@example.com", "ada@example.org", "a.da@example.com"])
def test_other_customers_have_uses_of_their_own(other: str) -> None:
    coupon = CouponFactory.create(code="SPRING", max_uses_per_customer=1)
    redeem(coupon, "ada@example.com")

    assert find("SPRING", email=other) == coupon


def test_redeeming_counts_a_use() -> None:
    coupon = CouponFactory.create(max_uses=1)

    use = redeem(coupon, "Ada+tag@Example.com")

    coupon.refresh_from_db()
    assert coupon.use_count == 1
    assert (use.coupon_id, use.customer, use.released_at) == (coupon.pk, "ada@example.com", None)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"max_uses": 3, "use_count": 3}, "used_up"),
        ({"is_active": False}, "inactive"),
        ({"ends_at": NOW - timedelta(days=3650)}, "expired"),
        ({"minimum_subtotal": Decimal("10.01")}, "minimum_subtotal"),
    ],
)
def test_redeeming_checks_again_and_writes_nothing_when_it_refuses(columns: dict[str, Any], reason: str) -> None:
    coupon = CouponFactory.create(**columns)

    with pytest.raises(CouponInvalid) as error:
        redeem(coupon, subtotal=Decimal("10.00"))

    coupon.refresh_from_db()
    assert reason_of(error) == reason
    assert coupon.use_count == columns.get("use_count", 0)
    assert not CouponUse.objects.exists()


def test_redeeming_a_coupon_that_is_gone_is_refused() -> None:
    coupon = CouponFactory.create()
    Coupon.objects.all().delete()

    with pytest.raises(CouponInvalid) as error:
        redeem(coupon)

    assert reason_of(error) == "unknown"


def test_the_coupon_is_locked_before_it_is_read_and_written(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    coupon = CouponFactory.create(max_uses_per_customer=1)
    order = OrderFactory.create()

    with transaction.atomic(), django_assert_num_queries(6) as captured:
        coupons.redeem(coupon_id=coupon.pk, order=order, customer="ada@example.com")

    assert _statements(captured) == ["SAVEPOINT", "SELECT FOR UPDATE", "SELECT", "UPDATE", "INSERT", "RELEASE"]


def _statements(captured: CaptureQueriesContext) -> list[str]:
    return [
        "SELECT FOR UPDATE" if "FOR NO KEY UPDATE" in query["sql"] else query["sql"].split()[0]
        for query in captured.captured_queries
    ]


def test_a_use_is_given_back_once() -> None:
    coupon = CouponFactory.create(max_uses=2)
    use = redeem(coupon)
    redeem(coupon, "bob@example.com")

    assert coupons.release(order=use.order) is True
    assert coupons.release(order=use.order) is False

    coupon.refresh_from_db()
    assert coupon.use_count == 1
    assert CouponUse.objects.filter(released_at=None).count() == 1


def test_a_use_given_back_can_be_used_again_by_the_same_customer() -> None:
    coupon = CouponFactory.create(max_uses=1, max_uses_per_customer=1)
    coupons.release(order=redeem(coupon).order)

    redeem(coupon)

    coupon.refresh_from_db()
    assert coupon.use_count == 1


def test_an_order_without_a_coupon_gives_nothing_back() -> None:
    assert coupons.release(order=OrderFactory.create()) is False
