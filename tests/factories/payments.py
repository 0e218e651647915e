"""Paid orders and bare payments; money moves through the services, so that every ledger agrees."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import transaction
from django.utils import timezone

from authentication.models import User
from common import outbox
from common.integrity import run_checks
from orders.models import Order, OrderItem
from orders.services import life
from payments.models import Payment
from payments.services import payments, reconciliation
from products.models import Product, ProductVariation
from tests.factories.orders import OrderFactory, placed_order
from tests.factories.products import ProductFactory

Thing = Product | ProductVariation


class PaymentFactory(factory.django.DjangoModelFactory[Payment]):
    """A payment that no gateway knows of."""

    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    amount = factory.LazyAttribute(lambda payment: payment.order.total)
    currency = "USD"
    payment_method = "dummy"


def waiting_order(*lines: tuple[Thing, int], **fields: Any) -> Order:
    """A placed order of 10.00, or of the lines, that waits for its money."""
    order = placed_order(*lines, **fields)
    with transaction.atomic():
        life.add_event(order=order, code="placed")
    return order


def order_worth(total: str, **fields: Any) -> Order:
    """A placed order of one unit at this price."""
    return waiting_order((ProductFactory.create(price=Decimal(total)), 1), **fields)


def paid(order: Order, token: str = "tok_ok") -> Payment:
    """The order's payment by the dummy gateway."""
    payment = payments.start_payment(order=order, payment_method="dummy", details={"token": token})
    order.refresh_from_db()
    return payment


def buyer(order: Order) -> User:
    """Whose order it is."""
    assert order.user is not None
    return order.user


def line_of(order: Order) -> OrderItem:
    """The order's first line."""
    return OrderItem.objects.filter(order=order).order_by("id")[0]


def breaches() -> list[str]:
    """Everything that is wrong with the books."""
    return [breach for result in run_checks() for breach in result.breaches]


def a_while_later() -> None:
    """The relay and the reconciling job, as if minutes had passed."""
    outbox.relay()
    reconciliation.reconcile(now=timezone.now() + timedelta(minutes=10))
    outbox.relay()
