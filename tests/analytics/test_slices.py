"""Daily sales by coupon, by country, and by new and returning customers."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from analytics import slice_integrity
from analytics.models import AggregatedDay, SalesAggregate, SalesSlice
from analytics.services import aggregates
from common import outbox
from orders.models import Order
from payments.imports.days import Days
from tests.analytics.conftest import at, count_2026
from tests.analytics.sixty_days import Sixty
from tests.factories.analytics import paid_order, refunded
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


def slices(kind: str) -> list[tuple[object, ...]]:
    rows = SalesSlice.objects.filter(kind=kind).order_by("date", "value")
    return list(rows.values_list("date", "value", "order_count", "item_count", "revenue", "profit"))


def order_of(email: str, when: datetime, paid_at: datetime | None = None, **changes: object) -> Order:
    order = paid_order((ProductFactory.create(price=Decimal("10.00"), cost_price=Decimal("4.00")), 1), at=when)
    facts = {"user": None, "email": email, "paid_at": paid_at or when, **changes}
    Order.objects.filter(id=order.id).update(**facts)
    return order


def confirm(order: Order) -> None:
    with transaction.atomic():
        outbox.emit("order.confirmed", resource=f"order:{order.order_number}", order_id=order.id, order_number="X")


def breaches() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(slice_integrity.breaches_sql())
        return list(cursor.fetchall())


def test_order_counts_for_its_coupon_and_a_refund_lowers_the_same() -> None:
    order = order_of("ada@example.com", at(3, 1), coupon_code="Spring")
    order_of("bob@example.com", at(3, 1))
    refunded(order.items.get(), at=at(3, 4), amount=Decimal("10.00"), quantity=1, restocked=1)
    count_2026()

    assert slices("coupon") == [
        (date(2026, 3, 1), "", 1, 1, Decimal("10.00"), Decimal("6.00")),
        (date(2026, 3, 1), "SPRING", 1, 1, Decimal("10.00"), Decimal("6.00")),
        (date(2026, 3, 4), "SPRING", 0, -1, Decimal("-10.00"), Decimal("-6.00")),
    ]


def test_country_is_that_of_the_shipping_address() -> None:
    order_of("ada@example.com", at(3, 1), shipping_address_snapshot={"country": "DE"})
    order_of("bob@example.com", at(3, 1), shipping_address_snapshot={})
    count_2026()

    assert [row[:3] for row in slices("country")] == [(date(2026, 3, 1), "", 1), (date(2026, 3, 1), "DE", 1)]


def test_first_that_a_customer_paid_is_new_and_the_rest_returning() -> None:
    order_of("ada@example.com", at(3, 2))
    order_of("ada@example.com", at(3, 1), paid_at=at(3, 9))
    order_of("bob@example.com", at(3, 1), paid_at=at(3, 2))
    count_2026()

    assert [row[:3] for row in slices("customer")] == [
        (date(2026, 3, 1), "new", 1),
        (date(2026, 3, 1), "returning", 1),
        (date(2026, 3, 2), "new", 1),
    ]


def test_customer_is_known_by_account_where_the_address_is_another() -> None:
    user = UserFactory.create()
    order_of("old@example.com", at(3, 1), user=user)
    order_of("new@example.com", at(3, 2), user=user)
    count_2026()

    assert [row[1] for row in slices("customer")] == ["new", "returning"]


def test_order_not_paid_comes_before_none() -> None:
    unpaid = order_of("ada@example.com", at(3, 1))
    Order.objects.filter(id=unpaid.id).update(paid_at=None)
    order_of("ada@example.com", at(3, 2))
    count_2026()

    assert [row[:3] for row in slices("customer")] == [(date(2026, 3, 2), "new", 1)]


def test_confirmed_order_marks_the_day_of_what_the_customer_paid_next() -> None:
    order_of("ada@example.com", at(3, 20))
    order_of("ada@example.com", at(3, 25))
    confirm(order_of("ada@example.com", at(3, 10)))

    outbox.relay()

    marked = AggregatedDay.objects.stale().order_by("date").values_list("date", flat=True)
    assert list(marked) == [date(2026, 3, 10), date(2026, 3, 20)]


def test_import_tells_of_the_day_of_what_its_customers_paid_next() -> None:
    order_of("ada@example.com", at(3, 20))
    order_of("bob@example.com", at(3, 15))
    imported = order_of("ada@example.com", at(3, 10))

    told = Days(zone="UTC")
    told.note(chosen=str(imported.id))
    told.tell(batch_id=1)
    outbox.relay()

    marked = AggregatedDay.objects.stale().order_by("date").values_list("date", flat=True)
    assert list(marked) == [date(2026, 3, 10), date(2026, 3, 20)]


def test_slice_that_is_empty_now_vanishes() -> None:
    order = order_of("ada@example.com", at(3, 1), coupon_code="SPRING")
    count_2026()
    Order.objects.filter(id=order.id).update(coupon_code="SUMMER")
    count_2026()

    assert [row[1] for row in slices("coupon")] == ["SUMMER"]


def test_sixty_days_equal_a_recomputation_and_a_second_count_writes_nothing(settings: Settings) -> None:
    settings.SHOP_TIME_ZONE = "America/New_York"
    past = Sixty(date(2026, 2, 1), settings.SHOP_TIME_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order SET user_id = NULL, email = id % 7 || '@example.com',"
            " coupon_code = (ARRAY['', 'a', 'b'])[id % 3 + 1]"
        )
    last = past.last + timedelta(days=10)
    list(aggregates.rebuild(first=past.first, last=last))

    assert breaches() == []
    for kind in SalesSlice.Kind:
        assert by_day(SalesSlice.objects.filter(kind=kind)) == by_day(SalesAggregate.objects.totals())
    new = SalesSlice.objects.filter(kind="customer", value="new")
    assert sum(new.values_list("order_count", flat=True)) == 7
    assert {row[1] for row in slices("coupon")} == {"", "A", "B"}

    before = versions()
    list(aggregates.rebuild(first=past.first, last=past.first + timedelta(days=9)))
    assert versions() == before


def by_day(rows: object) -> dict[date, tuple[object, ...]]:
    sums: dict[date, list[object]] = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0)])
    for day, *figures in rows.values_list("date", "order_count", "item_count", "revenue", "cost"):  # type: ignore[attr-defined]
        sums[day] = [one + other for one, other in zip(sums[day], figures, strict=True)]
    return {day: tuple(figures) for day, figures in sums.items()}


def versions() -> set[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text FROM analytics_salesslice")
        return set(cursor.fetchall())


def test_integrity_check_finds_each_wrong_slice_and_repairs_it() -> None:
    order_of("ada@example.com", at(3, 1), coupon_code="SPRING", shipping_address_snapshot={"country": "DE"})
    count_2026()
    assert breaches() == []

    SalesSlice.objects.filter(kind="coupon").update(discount=1)
    SalesSlice.objects.filter(kind="country").delete()
    SalesSlice.objects.filter(kind="customer").update(order_count=2)
    assert [row[2] for row in breaches()] == ["country", "coupon", "customer"]

    slice_integrity.recount_breached_days()

    assert breaches() == []
