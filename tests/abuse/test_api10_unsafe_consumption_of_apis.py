"""API10:2023 Unsafe consumption of APIs: what a gateway says is believed only as far as it fits what we asked for."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from payments.models import Payment
from tests.abuse.conftest import Victim
from tests.abuse.untouched import untouched
from tests.factories.payments import paid
from tests.payments.webhooks import charge_event, send

pytestmark = pytest.mark.django_db

# What a signed event leaves in any case: itself.
KEPT = {"payments_webhookevent"}
# And what one leaves that contradicts our own intent: a word about it in the order's history, and to staff; and the
# dummy gateway keeps its own book, which is not the shop's.
TOLD = KEPT | {"orders_orderevent", "common_outboxevent", "common_outboxdelivery", "payments_dummycharge"}


@pytest.fixture
def pending(victim: Victim) -> Payment:
    return paid(victim.unpaid, "tok_pending")


@pytest.mark.parametrize(
    "lie",
    [
        {"amount": "0.01"},
        {"amount": "1990"},
        {"amount": "-19.90"},
        {"amount": "1e400"},
        {"currency": "JPY"},
        {"transaction_id": "dummy_ch_another"},
    ],
)
def test_a_success_that_is_not_the_one_we_asked_for(guest: APIClient, pending: Payment, lie: dict[str, str]) -> None:
    with untouched(TOLD):
        answer = send(guest, charge_event(pending, "succeeded", **lie))

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["unheard_of", "succeeded.twice", ""])
def test_a_kind_of_event_that_we_do_not_know(guest: APIClient, pending: Payment, kind: str) -> None:
    with untouched(KEPT):
        answer = send(guest, charge_event(pending, kind))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"<html></html>", b"{", b'{"id": 1}', b'{"id": "evt", "type": "charge.succeeded"}'],
)
def test_signed_nonsense(guest: APIClient, body: bytes) -> None:
    with untouched():
        answer = send(guest, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_event")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "ten", None, [], {"a": 1}, True])
def test_a_signed_amount_that_is_none(guest: APIClient, pending: Payment, amount: Any) -> None:
    with untouched():
        answer = send(guest, charge_event(pending, "succeeded", amount=amount))

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_event")


def test_a_repeat_of_a_good_event_has_no_second_effect(guest: APIClient, pending: Payment) -> None:
    event = charge_event(pending, "succeeded")
    assert send(guest, event).status_code == 200

    with untouched():
        answers = [send(guest, event).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
