"""Idempotency keys: one request, one effect, one answer."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from common import idempotency
from common.idempotency import Claim, IdempotencyKeyInUse, StoredAnswer
from common.models import IdempotencyKey

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.common.urls")]


def post(client: APIClient, name: str, key: str = "k1", **headers: str) -> Any:
    return client.post("/things/", {"name": name}, headers={"Idempotency-Key": key, **headers})


def test_repeat_gets_the_stored_answer_and_does_nothing(guest: APIClient) -> None:
    first = post(guest, "one")

    again = post(guest, "one")

    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert not first.has_header("Idempotent-Replayed")
    assert Group.objects.count() == 1


def test_the_same_body_in_another_order_is_a_repeat(guest: APIClient) -> None:
    bodies = [b'{"name": "one", "parts": []}', b'{"parts": [], "name": "one"}']

    answers = [
        guest.post("/things/", body, content_type="application/json", headers={"Idempotency-Key": "k1"})
        for body in bodies
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1]["Idempotent-Replayed"] == "true"


def test_key_with_another_body_is_422(guest: APIClient) -> None:
    post(guest, "one")

    response = post(guest, "two")

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert Group.objects.count() == 1


def test_refused_request_releases_its_key_and_leaves_nothing(guest: APIClient) -> None:
    assert post(guest, "refused").status_code == 409

    assert Group.objects.count() == 0
    assert post(guest, "fine").status_code == 201


def test_keys_belong_to_their_caller(guest: APIClient) -> None:
    post(guest, "one", **{"X-Cart-Token": "mine"})

    response = post(guest, "two", **{"X-Cart-Token": "theirs"})

    assert response.status_code == 201


@pytest.mark.parametrize("key", ["", "a" * 256, "tab\tkey", "clé"])
def test_malformed_key_is_400(guest: APIClient, key: str) -> None:
    assert post(guest, "one", key=key).status_code == 400
    assert Group.objects.count() == 0


def test_stored_body_is_not_readable_in_the_database(guest: APIClient) -> None:
    post(guest, "secretive")

    stored = IdempotencyKey.objects.get()
    assert stored.response_body is not None
    assert b"secretive" not in bytes(stored.response_body)


def test_key_older_than_a_day_is_free_again(guest: APIClient) -> None:
    post(guest, "one")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert post(guest, "two").status_code == 201


def test_old_keys_are_dropped(guest: APIClient) -> None:
    post(guest, "one")
    post(guest, "two", key="k2")
    IdempotencyKey.objects.filter(key="k1").update(created_at=timezone.now() - timedelta(hours=25))

    assert idempotency.drop_expired() == 1
    assert [row.key for row in IdempotencyKey.objects.all()] == ["k2"]


def test_claim_needs_a_transaction() -> None:
    was, connection.in_atomic_block = connection.in_atomic_block, False
    try:
        with pytest.raises(RuntimeError):
            idempotency.claim(Claim("user:1", "k", "f" * 64))
    finally:
        connection.in_atomic_block = was


@pytest.mark.django_db(transaction=True)
def test_twin_waits_a_second_and_is_then_refused() -> None:
    wanted = Claim("user:1", "k", "f" * 64)
    raised: list[Exception] = []

    def twin() -> None:
        try:
            with transaction.atomic():
                idempotency.claim(wanted)
        except IdempotencyKeyInUse as error:
            raised.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        idempotency.claim(wanted)
        thread = threading.Thread(target=twin)
        thread.start()
        thread.join(timeout=5)

    assert len(raised) == 1


@pytest.mark.django_db(transaction=True)
def test_twin_that_waited_long_enough_gets_the_answer() -> None:
    wanted = Claim("user:1", "k", "f" * 64)
    answers: list[object] = []
    waiting = threading.Event()

    def twin() -> None:
        waiting.set()
        with transaction.atomic():
            answers.append(idempotency.claim(wanted))
        connection.close()

    thread = threading.Thread(target=twin)
    with transaction.atomic():
        claim_id = idempotency.claim(wanted)
        assert isinstance(claim_id, int)
        thread.start()
        waiting.wait(5)
        idempotency.store(claim_id=claim_id, status=201, body=b"{}")
    thread.join(timeout=5)

    assert answers == [StoredAnswer(201, b"{}")]
