"""Money at the same moment, through real HTTP: each race ends one way, and its careless twin in two."""

import json
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from authentication.tokens import AccessToken
from common.models import OutboxEvent
from orders.models import Order, OrderEvent
from orders.services import life
from payments.gateways import dummy_events
from payments.models import DummyCharge, DummyRefund, Payment, Refund
from products.models import StockMovement
from tests.concurrency.guards import careless_shop, without_index
from tests.factories.authentication import staff_user
from tests.factories.payments import a_while_later, buyer, order_worth, paid
from tests.live import Answer, LiveShop, all_at_once
from tests.payments.webhooks import SECRET, charge_event

CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
TIMES = 8


@pytest.fixture(autouse=True)
def _tasks(tasks_at_once: None) -> None:
    """What the relay hands to the worker is done on commit."""


def _bearer(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {AccessToken.for_user(user)}"}


def _statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def _pay_at_once(shop: LiveShop) -> list[Answer]:
    order = order_worth("10.00")
    path, who = f"orders/{order.order_number}/payments/", _bearer(buyer(order))
    return all_at_once([partial(shop.post, path, CARD, Idempotency_Key=f"pay-{n}", **who) for n in range(TIMES)])


def test_payments_at_once_charge_once(live_shop: LiveShop, books: Any) -> None:
    answers = _pay_at_once(live_shop)

    assert _statuses(answers) == {201: 1, 409: TIMES - 1}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {
        "payment_in_progress",
        "order_not_payable",
    }
    assert DummyCharge.objects.count() == 1
    assert books() == []


@pytest.mark.slow
def test_the_careless_twin_charges_twice(transactional_db: None) -> None:
    with (
        without_index("payments_payment_one_in_flight"),
        without_index("payments_payment_one_captured"),
        careless_shop("locks", "attempts", "moves") as shop,
    ):
        _pay_at_once(shop)

        assert DummyCharge.objects.count() > 1


def _refund_at_once(shop: LiveShop) -> list[Answer]:
    payment = paid(order_worth("100.00"))
    path, who = f"payments/{payment.id}/refunds/", _bearer(staff_user("payments.add_refund"))
    body = {"amount": "60.00"}
    return all_at_once([partial(shop.post, path, body, Idempotency_Key=f"refund-{n}", **who) for n in range(5)])


def test_one_of_parallel_refunds_fits(live_shop: LiveShop, books: Any) -> None:
    answers = _refund_at_once(live_shop)

    assert _statuses(answers) == {201: 1, 409: 4}
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"refund_exceeds_payment"}
    assert DummyRefund.objects.get().amount == Payment.objects.get().refunded_amount == Decimal("60.00")
    assert books() == []


@pytest.mark.bare_rows
@pytest.mark.slow
def test_the_careless_twin_would_give_back_more_than_it_got(transactional_db: None) -> None:
    with careless_shop("locks", "refunds") as shop:
        _refund_at_once(shop)

    # What the gateway makes of it is another matter: it guards itself.
    assert Refund.objects.aggregate(asked=Sum("amount"))["asked"] > Decimal("100.00")


def _cancel_and_ship_at_once(shop: LiveShop) -> list[Answer]:
    payment = paid(order_worth("10.00"))
    life.process(order_number=payment.order.order_number)
    path, who = f"orders/{payment.order.order_number}", _bearer(staff_user("orders.change_order"))
    return all_at_once(
        [
            partial(shop.post, f"{path}/cancel/", **who),
            partial(shop.post, f"{path}/ship/", {"tracking_number": "1Z"}, **who),
        ]
    )


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_is_cancelled_or_shipped(live_shop: LiveShop, books: Any, attempt: int) -> None:
    answers = _cancel_and_ship_at_once(live_shop)
    a_while_later()

    assert _statuses(answers) == {200: 1, 409: 1}
    is_cancelled = Order.objects.get().status == "cancelled"
    assert StockMovement.objects.filter(reason="cancellation").count() == int(is_cancelled)
    assert DummyRefund.objects.count() == int(is_cancelled)
    assert books() == []


@pytest.mark.bare_rows
@pytest.mark.slow
def test_the_careless_twin_ships_what_it_cancelled(transactional_db: None) -> None:
    with careless_shop("locks", "moves") as shop:
        answers = _cancel_and_ship_at_once(shop)

    assert _statuses(answers) == {200: 2}
    assert StockMovement.objects.filter(reason="cancellation").exists()
    assert OrderEvent.objects.filter(code="shipped").exists()


def _cancel_pay_and_pack_at_once(shop: LiveShop) -> list[Answer]:
    order = order_worth("10.00")
    path, own, staff = f"orders/{order.order_number}", _bearer(buyer(order)), _bearer(staff_user("orders.change_order"))
    return all_at_once(
        [
            partial(shop.post, f"{path}/payments/", CARD, Idempotency_Key="pay", **own),
            partial(shop.post, f"{path}/cancel/", **own),
            partial(shop.post, f"{path}/process/", **staff),
        ]
    )


@pytest.mark.parametrize("attempt", range(4))
def test_cancelling_paying_and_packing_end_one_way(live_shop: LiveShop, books: Any, attempt: int) -> None:
    answers = _cancel_pay_and_pack_at_once(live_shop)
    a_while_later()

    assert {answer.status for answer in answers} <= {200, 201, 409}
    status = Order.objects.get().status
    assert status in {"cancelled", "processing"}
    assert set(Payment.objects.values_list("status", flat=True)) <= {
        "refunded" if status == "cancelled" else "succeeded"
    }
    assert books() == []


@pytest.mark.bare_rows
@pytest.mark.slow
def test_the_careless_twin_confirms_what_it_cancelled(transactional_db: None) -> None:
    with careless_shop("locks", "moves") as shop:
        _cancel_pay_and_pack_at_once(shop)

    assert Order.objects.get().status == "confirmed"
    assert StockMovement.objects.filter(reason="cancellation").exists()


def _hear_at_once(shop: LiveShop) -> list[Answer]:
    """Webhooks and the client, who asks again with the key of the request that he lost, at the same moment."""
    order = order_worth("10.00")
    who, path = _bearer(buyer(order)), f"orders/{order.order_number}/payments/"
    card = {"payment_method": "dummy", "details": {"token": "tok_pending"}}
    pay = partial(shop.post, path, card, Idempotency_Key="pay", **who)
    assert pay().body["status"] == "pending"
    events = [charge_event(Payment.objects.get(), "succeeded") for _ in range(TIMES)]
    return all_at_once([*(partial(_send, shop, event) for event in events), pay])


def _send(shop: LiveShop, event: dict[str, Any]) -> Answer:
    signature = dummy_events.sign(body=json.dumps(event).encode(), secret=SECRET)  # as `LiveShop.call` sends it
    return shop.post("payments/webhooks/dummy/", event, Dummy_Signature=signature)


def test_webhooks_and_the_client_s_return_confirm_once(live_shop: LiveShop, books: Any) -> None:
    answers = _hear_at_once(live_shop)

    assert {answer.status for answer in answers} == {200, 201}
    assert Order.objects.get().status == "confirmed"
    assert OrderEvent.objects.filter(code="confirmed").count() == 1
    assert OutboxEvent.objects.filter(name="order.confirmed").count() == 1
    assert books() == []


@pytest.mark.bare_rows
@pytest.mark.slow
def test_the_careless_twin_confirms_again_and_again(transactional_db: None) -> None:
    with careless_shop("locks", "moves") as shop:
        _hear_at_once(shop)

    assert OutboxEvent.objects.filter(name="order.confirmed").count() > 1
