"""Money at the same moment, in threads of one process; what can be raced through HTTP is in tests/concurrency/."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from orders.models import OrderEvent
from orders.services import life
from payments.models import DummyCharge, DummyRefund, Payment, Refund, WebhookEvent
from payments.services import reconciliation, refunds
from tests.conftest import ApiClientFor
from tests.factories.payments import a_while_later, breaches, buyer, order_worth, paid
from tests.live import all_at_once
from tests.payments.conftest import Post
from tests.payments.webhooks import charge_event, send

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(*calls: Callable[[], Any]) -> list[Any]:
    """The calls in threads of their own, each with its own connection to the database."""

    def closing(call: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            try:
                return call()
            finally:
                connection.close()

        return run

    return all_at_once([closing(call) for call in calls])


def _codes(answers: list[Any]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status_code, answer.json().get("code")) for answer in answers)


def test_parallel_refunds_of_parts_all_fit(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("100.00"))

    answers = in_threads(*[lambda: refund(cashier, payment.id, amount="20.00") for _ in range(5)])

    assert _codes(answers) == {(201, None): 5}
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (payment.status, payment.order.status) == ("refunded", "refunded")
    assert breaches() == []


def test_one_key_refunds_once_however_often_it_is_sent(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("100.00"))

    answers = in_threads(*[lambda: refund(cashier, payment.id, key="once", amount="10.00") for _ in range(6)])

    assert _codes(answers) == {(201, None): 6}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert DummyRefund.objects.count() == 1


def test_one_key_pays_once_however_often_it_is_sent(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))

    answers = in_threads(*[lambda: pay(client, order.order_number, key="once") for _ in range(6)])

    assert _codes(answers) == {(201, None): 6}
    assert len({answer.content for answer in answers}) == 1
    assert DummyCharge.objects.count() == 1
    assert breaches() == []


def test_parallel_attempts_over_a_pending_one_leave_one(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))
    paid(order, "tok_pending")

    in_threads(*[lambda: pay(client, order.order_number) for _ in range(4)])

    assert Counter(Payment.objects.values_list("status", flat=True)) == {"cancelled": 1, "succeeded": 1}
    assert breaches() == []


def test_one_webhook_many_times_at_once_has_one_effect(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_pending")
    event = charge_event(payment, "succeeded")

    answers = in_threads(*[lambda: send(guest, event) for _ in range(20)])

    assert _codes(answers) == {(200, None): 20}
    assert WebhookEvent.objects.count() == 1
    assert OrderEvent.objects.filter(code="confirmed").count() == 1
    assert breaches() == []


def test_webhook_and_job_meet_on_one_lock(guest: APIClient) -> None:
    payment = paid(order_worth("10.00"), "tok_timeout")
    event = charge_event(payment, "succeeded")

    in_threads(lambda: send(guest, event), a_while_later, a_while_later)

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert OrderEvent.objects.filter(code="confirmed").count() == 1
    assert breaches() == []


def test_a_refund_is_submitted_once_by_many() -> None:
    payment = paid(order_worth("10.00"))
    life.cancel(order_number=payment.order.order_number)

    in_threads(a_while_later, a_while_later, a_while_later)
    a_while_later()

    assert Refund.objects.count() == 1
    assert DummyRefund.objects.count() == 1
    assert Refund.objects.get().status == "succeeded"
    assert breaches() == []


def test_the_same_refund_twice_at_once_at_the_gateway() -> None:
    payment = paid(order_worth("10.00"), "tok_refund_timeout")
    refund = refunds.refund_payment(payment_id=payment.id, amount=payment.amount)

    in_threads(*[lambda: reconciliation.reconcile_refund(refund_id=refund.id) for _ in range(4)])

    assert DummyRefund.objects.count() == 1
    assert OrderEvent.objects.filter(code="refund_succeeded").count() == 1
    assert breaches() == []
