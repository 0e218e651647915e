"""Moves of an order: which are allowed, what each writes, and that goods and coupons go back exactly once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from common.models import OutboxEvent
from common.registry import expiry_vetoes
from orders.errors import InvalidTransition
from orders.models import Order, OrderEvent
from orders.services import life
from products.models import StockMovement
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db

STATUSES = Order.Status.values
Reason = StockMovement.Reason


def _do(name: str, order: Order) -> None:
    doors: dict[str, Any] = {
        "confirm": lambda: life.confirm_paid(order=order),
        "process": lambda: life.process(order_number=order.order_number),
        "ship": lambda: life.ship(order_number=order.order_number, tracking_number="1Z9"),
        "deliver": lambda: life.deliver(order_number=order.order_number),
        "cancel": lambda: life.cancel(order_number=order.order_number),
        "cancel by staff": lambda: life.cancel(order_number=order.order_number, by_staff=True),
        "refund": lambda: life.mark_refunded(order=order),
    }
    doors[name]()


ALLOWED = {
    "confirm": ({"pending"}, "confirmed"),
    "process": ({"confirmed"}, "processing"),
    "ship": ({"processing"}, "shipped"),
    "deliver": ({"shipped"}, "delivered"),
    "cancel": ({"pending", "confirmed"}, "cancelled"),
    "cancel by staff": ({"pending", "confirmed", "processing"}, "cancelled"),
    "refund": ({"confirmed", "processing", "shipped", "delivered"}, "refunded"),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", ALLOWED)
def test_each_move_starts_only_where_the_table_says(name: str, status: str) -> None:
    order = placed_order(status=status)
    sources, target = ALLOWED[name]

    if status in sources:
        _do(name, order)
        assert Order.objects.get().status == target
        assert OrderEvent.objects.get().code == target
        event = OutboxEvent.objects.exclude(name="stock.low").get()
        assert (event.name, event.resource) == (f"order.{target}", f"order:{order.order_number}")
        assert event.payload == {"order_id": order.id, "order_number": order.order_number}
    else:
        with pytest.raises(InvalidTransition) as refused, transaction.atomic():
            _do(name, order)
        assert refused.value.facts == {"from": status, "to": target}
        assert Order.objects.get().status == status
        assert not OrderEvent.objects.exists()
        assert not OutboxEvent.objects.exclude(name="stock.low").exists()


def test_paying_ends_the_hold() -> None:
    order = placed_order(expires_at=timezone.now())

    life.confirm_paid(order=order)

    row = Order.objects.get()
    assert row.expires_at is None
    assert row.paid_at is not None


def test_shipping_keeps_the_tracking_number() -> None:
    order = placed_order(status="processing")

    life.ship(order_number=order.order_number.lower(), tracking_number="1Z9")

    assert Order.objects.get().tracking_number == "1Z9"


def test_cancelling_gives_back_what_is_still_out() -> None:
    plain, sized = ProductFactory.create(stock=10), VariationFactory.create(stock=5)
    order = placed_order((plain, 3), (sized, 2))
    first, _ = order.items.all()
    life.restock(order=order, quantities={first.id: 1}, reason=Reason.RETURN)

    life.cancel(order_number=order.order_number)

    plain.refresh_from_db()
    sized.refresh_from_db()
    assert (plain.stock_quantity, sized.stock_quantity) == (10, 5)
    movements = StockMovement.objects.filter(order_number=order.order_number).order_by("id")
    assert [(row.reason, row.delta) for row in movements] == [
        ("sale", -3),
        ("sale", -2),
        ("return", 1),
        ("cancellation", 2),
        ("cancellation", 2),
    ]


def test_cancelling_twice_gives_back_once() -> None:
    product = ProductFactory.create(stock=10)
    order = placed_order((product, 4))
    life.cancel(order_number=order.order_number)

    with pytest.raises(InvalidTransition):
        life.cancel(order_number=order.order_number)

    product.refresh_from_db()
    assert product.stock_quantity == 10


def test_no_more_is_restocked_than_a_line_has_out() -> None:
    product = ProductFactory.create(stock=10)
    order = placed_order((product, 4))
    line = order.items.get()
    life.restock(order=order, quantities={line.id: 3}, reason=Reason.RETURN)

    with pytest.raises(Exception, match="fewer units out"), transaction.atomic():
        life.restock(order=order, quantities={line.id: 2}, reason=Reason.RETURN)

    product.refresh_from_db()
    assert product.stock_quantity == 9


def test_a_line_of_another_order_is_refused() -> None:
    order, other = placed_order(), placed_order()

    with pytest.raises(Exception, match="Not a line"):
        life.restock(order=order, quantities={other.items.get().id: 1}, reason=Reason.RETURN)


def test_what_was_not_paid_in_time_is_cancelled_and_restocked() -> None:
    now = timezone.now()
    product = ProductFactory.create(stock=10)
    due = placed_order((product, 1), expires_at=now - timedelta(seconds=1))
    later = placed_order((product, 2), expires_at=now + timedelta(seconds=1))
    paid = placed_order((product, 3), expires_at=now - timedelta(seconds=1), status="confirmed", paid_at=now)

    assert life.expire_unpaid(now=now) == 1
    assert life.expire_unpaid(now=now) == 0

    statuses = dict(Order.objects.values_list("id", "status"))
    assert statuses == {due.id: "cancelled", later.id: "pending", paid.id: "confirmed"}
    product.refresh_from_db()
    assert product.stock_quantity == 5
    assert OrderEvent.objects.get().code == "expired"
    assert StockMovement.objects.get(reason="expiry").order_number == due.order_number


def test_an_order_whose_money_may_be_on_its_way_does_not_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    order = placed_order(expires_at=timezone.now())
    monkeypatch.setitem(expiry_vetoes._items, "test", set)

    assert life.expire_unpaid(now=timezone.now()) == 0

    order.refresh_from_db()
    assert order.status == "pending"
