"""Rows by SQL that is made once: what it reads and writes is what the ORM reads and writes."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import models, transaction
from django.forms import model_to_dict

from common import locking, rows
from common.models import OutboxEvent
from orders.models import Cart, Order, OrderItem
from payments.models import DummyCharge, Payment
from tests.factories.payments import order_worth, paid

pytestmark = pytest.mark.django_db


def facts(instance: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


@pytest.mark.parametrize("model", [Order, OrderItem, Payment, DummyCharge, OutboxEvent])
def test_what_is_fetched_is_what_the_orm_reads(model: type[models.Model]) -> None:
    paid(order_worth("10.00"))

    fetched = rows.fetch(model, "ORDER BY id", [])

    assert [facts(one) for one in fetched] == [facts(one) for one in model._default_manager.order_by("id")]
    assert fetched != []


def test_inserted_rows_have_keys_and_all_values() -> None:
    events = [
        OutboxEvent(name="one", resource="x:1", payload={"a": [1, None]}),
        OutboxEvent(name="two", resource="x:2"),
    ]

    rows.insert(events)

    assert [facts(event) for event in events] == [facts(event) for event in OutboxEvent.objects.order_by("id")]
    events[0].name = "changed"
    events[0].save()  # as a row that is there
    assert OutboxEvent.objects.count() == 2


def test_inserting_nothing_is_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        rows.insert([])


def test_only_a_new_row_is_inserted() -> None:
    def charge() -> DummyCharge:
        return DummyCharge(idempotency_key="1", transaction_id="t", amount=Decimal(1), currency="USD", status="pending")

    answers = [rows.insert_new(charge(), unique="idempotency_key") for _ in range(2)]

    assert answers == [True, False]
    assert DummyCharge.objects.count() == 1


def test_saving_writes_the_named_fields_only() -> None:
    order = order_worth("10.00")
    before = order.updated_at
    order.notes, order.tracking_number = "written", "not written"

    rows.save(order, "notes", "updated_at")

    read = Order.objects.get()
    assert (read.notes, read.tracking_number) == ("written", None)
    assert read.updated_at == order.updated_at > before


def test_a_change_tells_how_many_rows_it_met() -> None:
    order = order_worth("10.00")

    met = [
        rows.change(Order, {"notes": "met"}, where="id = %s AND status = %s", values=[order.id, status])
        for status in ("pending", "shipped")
    ]

    assert met == [1, 0]
    assert model_to_dict(Order.objects.get())["notes"] == "met"


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        locking.lock_where(Cart, "id = %s", [1])
    with transaction.atomic():
        assert locking.lock_where(Cart, "id = %s", [1]) == []
