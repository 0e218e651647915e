"""Many customers after the last uses of a coupon, at once; the twins show what the lock is for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F

from orders.errors import CouponInvalid
from orders.models import Coupon, CouponUse, Order
from orders.services import coupons
from tests.factories.orders import CouponFactory, OrderFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows]

BUYERS = 12
Redeem = Callable[[Coupon, Order, str], None]


def race(coupon: Coupon, customers: list[str], redeem: Redeem) -> list[str]:
    """Redeem for every customer at the same moment; what became of each: used, or the reason of the refusal."""
    barrier = Barrier(len(customers), timeout=20)
    orders = [OrderFactory.create() for _ in customers]

    def run(order: Order, customer: str) -> str:
        try:
            barrier.wait()
            redeem(coupon, order, customer)
        except CouponInvalid as error:
            return str(error.facts["reason"])
        finally:
            connection.close()
        return "used"

    with ThreadPoolExecutor(len(customers)) as pool:
        return sorted(pool.map(run, orders, customers))


def guarded(coupon: Coupon, order: Order, customer: str) -> None:
    coupons.redeem(coupon_id=coupon.pk, order=order, customer=customer)


def unguarded(wait: Barrier) -> Redeem:
    """The twin: reads the count, checks, and writes the absolute value back."""

    def redeem(coupon: Coupon, order: Order, customer: str) -> None:
        seen = coupons.find_valid(
            code=coupon.code, subtotal=order.subtotal, customer_email=customer, at=order.created_at
        )
        wait.wait()
        Coupon.objects.filter(pk=coupon.pk).update(use_count=seen.use_count + 1)
        CouponUse.objects.create(coupon=coupon, order=order, customer=coupons.normalise_customer(customer))

    return redeem


def different(count: int) -> list[str]:
    return [f"buyer{number}@example.com" for number in range(count)]


def same(count: int) -> list[str]:
    return [f"Ada+{number}@example.com" for number in range(count)]


def test_no_more_uses_than_allowed() -> None:
    coupon = CouponFactory.create(max_uses=3)

    results = race(coupon, different(BUYERS), guarded)

    coupon.refresh_from_db()
    assert results == ["used"] * 3 + ["used_up"] * 9
    assert (coupon.use_count, CouponUse.objects.count()) == (3, 3)


def test_no_more_uses_by_one_customer_than_allowed() -> None:
    coupon = CouponFactory.create(max_uses_per_customer=1)

    results = race(coupon, same(BUYERS), guarded)

    assert results == ["used"] + ["used_by_customer"] * 11
    assert CouponUse.objects.get().customer == "ada@example.com"


@pytest.mark.parametrize(("columns", "customers"), [({"max_uses": 3}, different), ({"max_uses_per_customer": 1}, same)])
def test_the_unguarded_twin_overuses(columns: dict[str, int], customers: Callable[[int], list[str]]) -> None:
    coupon = CouponFactory.create(**columns)

    results = race(coupon, customers(BUYERS), unguarded(Barrier(BUYERS, timeout=20)))

    assert results == ["used"] * BUYERS
    assert CouponUse.objects.count() == BUYERS


def test_a_use_given_back_by_many_goes_back_once() -> None:
    coupon = CouponFactory.create(max_uses=5)
    use = coupons.redeem(coupon_id=coupon.pk, order=OrderFactory.create(), customer="ada@example.com")
    Coupon.objects.filter(pk=coupon.pk).update(use_count=F("use_count") + 1)

    race(coupon, different(6), lambda _coupon, _order, _customer: _release(use.order))

    coupon.refresh_from_db()
    assert coupon.use_count == 1


def _release(order: Order) -> None:
    coupons.release(order=order)
