"""A gateway that does not answer is asked by few, and after some silences by nobody for a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from rest_framework.test import APIClient

from payments.gateways import bulkhead
from payments.gateways.bulkhead import Bulkhead
from payments.gateways.dummy import DummyGateway
from payments.gateways.protocol import GatewayRefused, GatewayTimeout, GatewayUnavailable
from payments.models import DummyRefund, Payment, Refund
from tests.conftest import ApiClientFor
from tests.factories.payments import a_while_later, breaches, buyer, order_worth, paid
from tests.payments.conftest import Post


@pytest.fixture(autouse=True)
def _waits_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "PLACE_WAIT_SECONDS", 0.05)


@contextmanager
def _taken(guard: Bulkhead) -> Iterator[None]:
    """Another thread holds a place."""
    is_in, may_leave = Event(), Event()

    def stay() -> None:
        with guard.place():
            is_in.set()
            may_leave.wait(10)

    thread = Thread(target=stay)
    thread.start()
    is_in.wait(10)
    try:
        yield
    finally:
        may_leave.set()
        thread.join()


def _silent(guard: Bulkhead, times: int) -> None:
    for _ in range(times):
        with pytest.raises(GatewayTimeout), guard.counted():
            raise GatewayTimeout


def test_only_so_many_wait_at_once() -> None:
    guard = Bulkhead(places=2)

    with _taken(guard):
        with guard.place():
            pass
        with _taken(guard), pytest.raises(GatewayUnavailable), guard.place():
            pytest.fail("a third one got in")
    with guard.place():
        pass


def test_a_thread_takes_one_place_however_deep_it_calls() -> None:
    guard = Bulkhead(places=1)

    with guard.place(), guard.place():
        pass

    with guard.place():
        pass


def test_nobody_asks_for_a_while_after_five_silences_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "PAUSE_SECONDS", 0.25)
    guard = Bulkhead(places=1)

    _silent(guard, 4)
    with guard.place():
        pass
    _silent(guard, 1)

    with pytest.raises(GatewayUnavailable), guard.place():
        pytest.fail("it was asked")
    time.sleep(0.3)
    with guard.place():
        pass


def test_an_answer_in_between_starts_the_count_anew_and_a_refusal_is_one() -> None:
    guard = Bulkhead(places=1)

    _silent(guard, 4)
    with pytest.raises(GatewayRefused), guard.counted():
        raise GatewayRefused("no", "No.")
    _silent(guard, 4)

    with guard.place():
        pass


@pytest.mark.django_db
def test_a_payment_that_finds_no_place_is_503_and_writes_nothing(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    client = client_for(buyer(order))
    _silent(bulkhead.of("dummy"), 5)

    turned_away = pay(client, order.order_number, key="once")

    assert (turned_away.status_code, turned_away.json()["code"]) == (503, "payment_method_unavailable")
    assert turned_away["Retry-After"] == "30"
    assert not Payment.objects.exists()
    bulkhead.forget()
    assert pay(client, order.order_number, key="once").status_code == 201
    assert breaches() == []


@pytest.mark.django_db
def test_a_pending_attempt_that_cannot_be_withdrawn_now_stays_pending(pay: Post, client_for: ApiClientFor) -> None:
    order = order_worth("10.00")
    paid(order, "tok_pending")
    _silent(bulkhead.of("dummy"), 5)

    turned_away = pay(client_for(buyer(order)), order.order_number, payment_method="manual")

    assert (turned_away.status_code, turned_away.json()["code"]) == (503, "payment_method_unavailable")
    assert Payment.objects.get().status == "pending"


@pytest.mark.django_db
def test_a_refund_that_finds_no_place_is_made_by_the_job(cashier: APIClient, refund: Post) -> None:
    payment = paid(order_worth("10.00"))
    _silent(bulkhead.of("dummy"), 5)

    answer = refund(cashier, payment.id, amount="10.00")

    assert (answer.status_code, answer.json()["status"]) == (201, "processing")
    assert not DummyRefund.objects.exists()
    bulkhead.forget()
    a_while_later()
    assert Refund.objects.get().status == "succeeded"
    assert DummyRefund.objects.count() == 1
    assert breaches() == []


@pytest.mark.django_db
def test_five_payments_without_an_answer_are_enough(
    pay: Post, client_for: ApiClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def keep_silent(_gateway: DummyGateway, intent: object) -> None:
        asked.append(intent.key)  # type: ignore[attr-defined]
        raise GatewayTimeout

    monkeypatch.setattr(DummyGateway, "start", keep_silent)
    orders = [order_worth("10.00") for _ in range(7)]

    statuses = [pay(client_for(buyer(order)), order.order_number).status_code for order in orders]

    assert statuses == [201] * 5 + [503] * 2
    assert len(asked) == 5
