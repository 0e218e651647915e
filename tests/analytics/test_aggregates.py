"""Counting a day: what is counted, on which day, and what a second count changes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from analytics.models import AggregatedDay, SalesAggregate
from analytics.services import aggregates
from orders.models import OrderItem
from payments.models import Payment
from tests.factories.analytics import captured, paid_order, refunded
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

Row = tuple[int, int, Decimal, Decimal, Decimal]


def rebuild(day: date = DAY) -> None:
    assert list(aggregates.rebuild(first=day, last=day)) == [day]


def row(**subject: object) -> Row | None:
    where = {"date": DAY, "product": None, "category": None, **subject}
    columns = ("order_count", "item_count", "revenue", "cost", "profit")
    return SalesAggregate.objects.filter(**where).values_list(*columns).first()


def versions() -> list[tuple[int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text, ctid::text FROM analytics_salesaggregate ORDER BY id")
        return list(cursor.fetchall())


def test_paid_order_counts_per_product_per_category_and_in_total() -> None:
    shirts, sale = CategoryFactory.create(), CategoryFactory.create()
    shirt = ProductFactory.create(price=Decimal("20.00"), cost_price=Decimal("8.00"), categories=[shirts, sale])
    cap = ProductFactory.create(price=Decimal("5.00"), cost_price=None, categories=[sale])
    paid_order((shirt, 2), (cap, 1), at=NOON)
    paid_order((cap, 3), at=NOON)

    rebuild()

    assert row(product=shirt) == (1, 2, Decimal("40.00"), Decimal("16.00"), Decimal("24.00"))
    assert row(product=cap) == (2, 4, Decimal("20.00"), Decimal("0.00"), Decimal("20.00"))
    assert row(category=shirts) == (1, 2, Decimal("40.00"), Decimal("16.00"), Decimal("24.00"))
    assert row(category=sale) == (2, 6, Decimal("60.00"), Decimal("16.00"), Decimal("44.00"))
    assert row() == (2, 6, Decimal("60.00"), Decimal("16.00"), Decimal("44.00"))
    assert SalesAggregate.objects.count() == 5


def test_unpaid_order_does_not_count() -> None:
    paid_order((ProductFactory.create(), 1), at=NOON, paid=False)

    rebuild()

    assert SalesAggregate.objects.count() == 0


def test_revenue_leaves_out_discount_share_and_contained_tax() -> None:
    order = paid_order((ProductFactory.create(price=Decimal("12.00")), 2), at=NOON)
    order.items.update(discount_share=Decimal("4.00"), tax_included=Decimal("3.33"), tax_added=Decimal("9.00"))

    rebuild()

    assert row() == (1, 2, Decimal("16.67"), Decimal("0.00"), Decimal("16.67"))


def test_line_whose_product_is_gone_counts_in_the_total_only() -> None:
    order = paid_order((ProductFactory.create(), 1), (ProductFactory.create(), 1), at=NOON)
    OrderItem.objects.filter(id=order.items.all()[0].id).update(product=None)

    rebuild()

    assert row() == (1, 2, Decimal("20.00"), Decimal("0.00"), Decimal("20.00"))
    assert SalesAggregate.objects.filter(product__isnull=False).count() == 1


def test_refund_by_lines_lowers_the_day_it_was_made_and_never_the_orders() -> None:
    product = ProductFactory.create(price=Decimal("10.00"), cost_price=Decimal("4.00"))
    order = paid_order((product, 3), at=datetime(2026, 3, 1, tzinfo=UTC))
    refunded(
        order.items.get(),
        at=NOON,
        amount=Decimal("22.00"),
        tax_amount=Decimal("2.00"),
        quantity=2,
        restocked=1,
    )

    rebuild()

    assert row() == (0, -2, Decimal("-20.00"), Decimal("-4.00"), Decimal("-16.00"))
    assert row(product=product) == row()


def test_refund_by_amount_leaves_items_and_cost() -> None:
    product = ProductFactory.create(price=Decimal("10.00"), cost_price=Decimal("4.00"))
    order = paid_order((product, 3), at=NOON)
    refunded(order.items.get(), at=NOON, amount=Decimal("7.50"))

    rebuild()

    assert row() == (1, 3, Decimal("22.50"), Decimal("12.00"), Decimal("10.50"))


def test_refund_that_has_not_succeeded_lowers_nothing() -> None:
    order = paid_order((ProductFactory.create(), 1), at=NOON)
    refunded(order.items.get(), at=None, amount=Decimal("10.00"), quantity=1)

    rebuild()

    assert row() == (1, 1, Decimal("10.00"), Decimal("0.00"), Decimal("10.00"))


def test_refund_of_surplus_money_lowers_nothing() -> None:
    order = paid_order((ProductFactory.create(), 1), at=NOON)
    refunded(order.items.get(), at=NOON, amount=Decimal("10.00"), quantity=1)
    Payment.objects.filter(id=captured(order).id).update(is_surplus=True)

    rebuild()

    assert row() == (1, 1, Decimal("10.00"), Decimal("0.00"), Decimal("10.00"))


def test_second_count_touches_no_row() -> None:
    product = ProductFactory.create(categories=[CategoryFactory.create()])
    order = paid_order((product, 2), at=NOON)
    refunded(order.items.get(), at=NOON, amount=Decimal("3.00"))
    rebuild()
    before = versions()

    rebuild()

    assert len(before) == 3
    assert versions() == before


def test_count_writes_only_what_differs_and_deletes_what_vanished() -> None:
    old, new = CategoryFactory.create(), CategoryFactory.create()
    product = ProductFactory.create(categories=[old])
    paid_order((product, 1), at=NOON)
    rebuild()
    kept = set(versions())
    product.categories.set([new])

    rebuild()

    assert row(category=old) is None
    assert row(category=new) == (1, 1, Decimal("10.00"), Decimal("0.00"), Decimal("10.00"))
    assert len(kept & set(versions())) == 2


def test_day_without_sales_has_no_rows_but_is_noted() -> None:
    rebuild()

    assert SalesAggregate.objects.count() == 0
    assert AggregatedDay.objects.get().computed_at is not None
