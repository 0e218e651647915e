"""Which days the scheduled run counts, and what makes a day one of them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from analytics import readiness, tasks
from analytics.models import AggregatedDay, CategoryChange, SalesAggregate
from analytics.services import aggregates, counting
from common import outbox
from orders.models import Order
from tests.factories.analytics import paid_order, refunded
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
REFUND_NOON = datetime(2026, 4, 2, 12, tzinfo=UTC)


def stale_days() -> list[date]:
    return list(AggregatedDay.objects.stale().order_by("date").values_list("date", flat=True))


def confirm(order: Order) -> None:
    with transaction.atomic():
        resource = f"order:{order.order_number}"
        outbox.emit("order.confirmed", resource=resource, order_id=order.id, order_number=order.order_number)


def test_confirmed_order_marks_the_day_it_was_placed() -> None:
    confirm(paid_order((ProductFactory.create(), 1), at=NOON))

    outbox.relay()

    assert stale_days() == [date(2026, 3, 10)]


def test_refund_marks_the_day_it_succeeded() -> None:
    order = paid_order((ProductFactory.create(), 1), at=NOON)
    refund = refunded(order.items.get(), at=REFUND_NOON, amount=Decimal("5.00"))
    with transaction.atomic():
        outbox.emit("refund.succeeded", resource=f"refund:{refund.id}", order_id=order.id, amount="5.00")

    outbox.relay()

    assert stale_days() == [date(2026, 4, 2)]


def test_only_changed_days_are_counted() -> None:
    paid_order((ProductFactory.create(), 1), at=datetime(2026, 3, 9, tzinfo=UTC))
    confirm(paid_order((ProductFactory.create(), 1), at=NOON))
    outbox.relay()

    tasks.refresh_sales_aggregates()

    assert set(SalesAggregate.objects.values_list("date", flat=True)) == {date(2026, 3, 10)}
    assert stale_days() == []
    assert AggregatedDay.objects.get().order_count == 1


def test_nothing_changed_counts_nothing() -> None:
    aggregates.mark_day_changed(day=date(2026, 3, 10))
    assert aggregates.refresh_stale_days() == 1

    assert aggregates.refresh_stale_days() == 0


def test_counted_day_becomes_stale_again() -> None:
    aggregates.mark_day_changed(day=date(2026, 3, 10))
    assert aggregates.refresh_stale_days() == 1

    aggregates.mark_day_changed(day=date(2026, 3, 10))

    assert stale_days() == [date(2026, 3, 10)]


def test_clock_set_back_hides_no_change() -> None:
    aggregates.mark_day_changed(day=date(2026, 3, 10))
    AggregatedDay.objects.update(computed_at=datetime(2999, 1, 1, tzinfo=UTC))

    aggregates.mark_day_changed(day=date(2026, 3, 10))

    assert stale_days() == [date(2026, 3, 10)]


def test_product_that_changes_category_is_counted_where_it_is_now() -> None:
    old, new = CategoryFactory.create(), CategoryFactory.create()
    product = ProductFactory.create(categories=[old])
    paid_order((product, 1), at=NOON)
    list(aggregates.rebuild(first=NOON.date(), last=NOON.date()))
    aggregates.refresh_stale_days()
    product.categories.set([new])

    assert aggregates.refresh_stale_days() == 1

    assert list(SalesAggregate.objects.filter(category__isnull=False).values_list("category", flat=True)) == [new.id]
    assert CategoryChange.objects.count() == 0


def test_day_that_cannot_be_counted_stays_stale_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    aggregates.mark_days_changed(days_=[first, second])
    count = aggregates._count

    def fail_on_the_first(from_: date, to: date) -> None:
        if from_ <= first <= to:
            raise DatabaseError("broken")
        count(from_, to)

    monkeypatch.setattr(aggregates, "_count", fail_on_the_first)

    assert aggregates.refresh_stale_days() == 1

    assert stale_days() == [first]


def test_readiness_tells_of_a_day_that_waits_for_too_long() -> None:
    aggregates.mark_day_changed(day=date(2026, 3, 10))
    assert readiness.check() == {"status": "ok", "last_counted_at": None}

    AggregatedDay.objects.update(changed_at=NOON)

    assert readiness.check()["status"] == "degraded"


def test_a_day_is_found_by_indexes_whatever_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_REWRITE", f"EXPLAIN {counting._REWRITE}")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        counting.rewrite_days(cursor, first=NOON.date(), last=NOON.date())
        plan = "\n".join(line for (line,) in cursor.fetchall())

    for table in ("orders_order", "orders_orderitem", "payments_refund", "analytics_salesaggregate"):
        assert f"Seq Scan on {table} " not in plan
    assert "orders_order_created" in plan
    assert "analytics_refunds_by_time" in plan
    assert "analytics_salesaggregate_once" in plan
