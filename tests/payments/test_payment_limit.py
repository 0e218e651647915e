"""LIMIT_PAYMENT: so many attempts to pay may one order have, before any gateway hears of more."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from payments.models import DummyCharge, Payment
from tests.conftest import Allow, ApiClientFor
from tests.factories.payments import breaches, buyer, order_worth
from tests.live import all_at_once
from tests.payments.conftest import Post

DECLINED = {"payment_method": "dummy", "details": {"token": "tok_declined"}}


@pytest.mark.django_db
def test_the_gateway_hears_of_so_many_attempts(pay: Post, client_for: ApiClientFor, allow: Allow) -> None:
    allow(PAYMENT="2/hour")
    order = order_worth("19.90")
    client = client_for(buyer(order))
    attempts = [pay(client, order.order_number, **DECLINED) for _ in range(2)]

    refused = pay(client, order.order_number)

    assert [answer.json()["status"] for answer in attempts] == ["failed", "failed"]
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 3_500 <= int(refused["Retry-After"]) <= 3_600
    assert refused["RateLimit-Policy"] == '"payment";q=2;w=3600'
    assert refused["RateLimit"].startswith('"payment";r=0;t=3')
    assert Payment.objects.count() == 2
    assert DummyCharge.objects.count() == 2
    assert breaches() == []


@pytest.mark.django_db
def test_another_attempt_is_let_through_in_time_and_the_key_was_given_back(
    pay: Post, client_for: ApiClientFor, allow: Allow
) -> None:
    allow(PAYMENT="1/hour")
    order = order_worth("19.90")
    client = client_for(buyer(order))
    pay(client, order.order_number, **DECLINED)
    assert pay(client, order.order_number, key="again").status_code == 429
    Payment.objects.update(created_at=timezone.now() - timedelta(minutes=61))

    assert pay(client, order.order_number, key="again").json()["status"] == "succeeded"


@pytest.mark.django_db
def test_a_repeat_is_no_attempt_and_orders_count_for_themselves(
    pay: Post, client_for: ApiClientFor, allow: Allow
) -> None:
    allow(PAYMENT="1/hour")
    first = order_worth("19.90")
    second = order_worth("5.00", user=buyer(first))
    client = client_for(buyer(first))

    answers = [pay(client, first.order_number, key="same", **DECLINED) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert pay(client, second.order_number).status_code == 201


@pytest.mark.django_db
def test_an_attempt_that_waits_is_not_withdrawn_for_one_that_is_refused(
    pay: Post, client_for: ApiClientFor, allow: Allow
) -> None:
    allow(PAYMENT="1/hour")
    order = order_worth("19.90")
    client = client_for(buyer(order))
    pay(client, order.order_number, payment_method="manual")

    assert pay(client, order.order_number).status_code == 429

    assert Payment.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_parallel_attempts_do_not_slip_past(pay: Post, client_for: ApiClientFor, allow: Allow) -> None:
    allow(PAYMENT="3/hour")
    order = order_worth("19.90")
    user = buyer(order)

    def attempt(number: int) -> int:
        try:
            return int(pay(client_for(user), order.order_number, key=f"key-{number}", **DECLINED).status_code)
        finally:
            connection.close()

    for round_ in range(2):
        answers = Counter(all_at_once([partial(attempt, 10 * round_ + number) for number in range(8)]))
        assert answers.keys() <= {201, 409, 429}

    assert DummyCharge.objects.count() == Payment.objects.count() <= 3
