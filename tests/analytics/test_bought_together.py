"""What is bought together: counted in paid orders, the most telling first, and only what differs is written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from analytics import tasks
from analytics.services import bought_together
from common.integrity import fix_derived_data, run_checks
from config.celery import SCHEDULE
from orders.models import Order
from products.models import BoughtTogether, Product
from tests.factories.analytics import paid_order
from tests.factories.orders import OrderItemFactory
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def bought(*products: Product, at: datetime = NOW, paid: bool = True, times: int = 1) -> None:
    for _ in range(times):
        paid_order(*[(product, 1) for product in products], at=at, paid=paid)


def others(product: Product) -> list[tuple[int, int]]:
    rows = BoughtTogether.objects.filter(product=product).order_by("place")
    return list(rows.values_list("other_id", "order_count"))


def test_what_two_orders_hold_together_is_bought_together() -> None:
    lamp, bulb, mug = ProductFactory.create_batch(3)
    bought(lamp, bulb, times=2)
    bought(lamp, mug)

    assert bought_together.refresh_bought_together(now=NOW) == 2

    assert (others(lamp), others(bulb), others(mug)) == ([(bulb.id, 2)], [(lamp.id, 2)], [])


def test_what_everybody_buys_comes_after_what_belongs_to_it() -> None:
    lamp, bulb, bag = ProductFactory.create_batch(3)
    tea = ProductFactory.create()
    bought(lamp, bulb, bag, times=2)
    bought(lamp, bag)
    bought(tea, bag, times=20)

    bought_together.refresh_bought_together(now=NOW)

    assert others(lamp) == [(bulb.id, 2), (bag.id, 3)]


def test_only_paid_orders_of_the_last_year_count() -> None:
    lamp, bulb = ProductFactory.create_batch(2)
    bought(lamp, bulb)
    bought(lamp, bulb, paid=False)
    bought(lamp, bulb, at=NOW - timedelta(days=366))
    bought(lamp, bulb)
    Order.objects.filter(id=Order.objects.order_by("-id")[0].id).update(status="cancelled")

    assert bought_together.refresh_bought_together(now=NOW) == 0


def test_two_lines_of_one_product_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lamp, bulb = ProductFactory.create_batch(2)
    bought(lamp, bulb, times=2)
    OrderItemFactory.create(order=Order.objects.order_by("id")[0], product=bulb, quantity=3)

    bought_together.refresh_bought_together(now=NOW)

    assert others(lamp) == [(bulb.id, 2)]


def test_an_order_of_very_many_things_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bought_together, "MOST_PRODUCTS", 2)
    bought(*ProductFactory.create_batch(3), times=2)

    assert bought_together.refresh_bought_together(now=NOW) == 0


def test_twelve_at_most_are_kept() -> None:
    lamp = ProductFactory.create()
    for _ in range(13):
        bought(lamp, ProductFactory.create(), times=2)

    bought_together.refresh_bought_together(now=NOW)

    assert len(others(lamp)) == 12
    assert sorted(BoughtTogether.objects.filter(product=lamp).values_list("place", flat=True)) == list(range(1, 13))


def test_again_it_writes_only_what_differs() -> None:
    lamp, bulb, mug = ProductFactory.create_batch(3)
    bought(lamp, bulb, times=2)
    bought_together.refresh_bought_together(now=NOW)
    assert bought_together.refresh_bought_together(now=NOW) == 0

    bought(lamp, bulb, mug, times=3)

    assert bought_together.refresh_bought_together(now=NOW) == 6  # four new, two with another count
    assert others(lamp) == [(bulb.id, 5), (mug.id, 3)]
    assert bought_together.refresh_bought_together(now=NOW + timedelta(days=400)) == 6
    assert not BoughtTogether.objects.exists()


def test_task_and_command_count_from_now() -> None:
    lamp, bulb = ProductFactory.create_batch(2)
    bought(lamp, bulb, times=2, at=datetime.now(UTC))

    tasks.refresh_bought_together()
    assert others(lamp) == [(bulb.id, 2)]
    BoughtTogether.objects.all().delete()
    call_command("refresh_bought_together")

    assert others(lamp) == [(bulb.id, 2)]
    assert SCHEDULE["refresh-bought-together"]["task"] == tasks.refresh_bought_together.name


def test_what_never_was_bought_together_is_named_and_repaired() -> None:
    lamp, bulb, mug = ProductFactory.create_batch(3)
    bought(lamp, bulb, times=2, at=datetime.now(UTC))
    tasks.refresh_bought_together()
    BoughtTogether.objects.create(product=lamp, other=mug, place=1, order_count=9)

    def breaches() -> int:
        return sum(len(each.breaches) for each in run_checks() if each.name == "analytics.bought_together")

    assert breaches() == 2  # the stranger, and whose place it takes
    fix_derived_data()

    assert breaches() == 0
    assert others(lamp) == [(bulb.id, 2)]
