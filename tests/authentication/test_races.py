"""What happens at the same moment: one refresh token many times, defaults of one address book, one mailed link."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from authentication.models import Address, RefreshToken, User
from authentication.services import privacy, sessions
from tests.authentication.mailbox import deliver_mails, token_in
from tests.conftest import ApiClientFor
from tests.factories.authentication import PASSWORD, AddressFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
REFRESH = "/api/v1/auth/token/refresh/"
PLACE = {
    "address_line1": "1 Main Street",
    "city": "Los Angeles",
    "state": "CA",
    "country": "US",
    "postal_code": "90001",
}
Call = Callable[[], Any]


def at_once(calls: list[Call]) -> list[Any]:
    """Run the calls in threads that start together, each on a connection of its own; returns their answers."""
    barrier = Barrier(len(calls))

    def run(call: Call) -> Any:
        try:
            barrier.wait(timeout=20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def post(url: str, body: dict[str, Any]) -> int:
    return APIClient().post(url, body).status_code


def test_one_refresh_token_in_parallel_makes_one_child_and_then_none() -> None:
    user = UserFactory.create()
    refresh = sessions.begin_session(user=user).refresh

    statuses = at_once([partial(post, REFRESH, {"refresh": refresh})] * 8)

    assert sorted(statuses) == [200] + [401] * 7
    assert RefreshToken.objects.count() == 2
    assert RefreshToken.objects.filter(revoked_at=None).count() == 0


def test_without_the_lock_one_refresh_token_makes_eight_children(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory.create()
    refresh = sessions.begin_session(user=user).refresh
    all_have_read = Barrier(8)

    def read_without_lock(user_id: int) -> User:
        return User.objects.get(pk=user_id)

    def compare_when_all_have_read(stored: str, current: str) -> bool:
        all_have_read.wait(timeout=20)
        return stored == current

    monkeypatch.setattr(sessions, "lock_active_user", read_without_lock)
    monkeypatch.setattr(sessions, "constant_time_compare", compare_when_all_have_read)

    assert at_once([partial(post, REFRESH, {"refresh": refresh})] * 8) == [200] * 8


def test_a_replay_beside_the_childs_own_refresh_leaves_no_token_alive() -> None:
    for _ in range(5):
        user = UserFactory.create()
        old = sessions.begin_session(user=user).refresh
        child = sessions.refresh_session(refresh=old).refresh

        at_once([partial(post, REFRESH, {"refresh": token}) for token in (old, child)])

        assert RefreshToken.objects.filter(user=user, revoked_at=None).count() == 0


def test_a_refresh_beside_an_erasure_leaves_no_token() -> None:
    for _ in range(5):
        user = UserFactory.create()
        refresh = sessions.begin_session(user=user).refresh

        at_once(
            [
                partial(post, REFRESH, {"refresh": refresh}),
                partial(privacy.erase_account, user_id=user.pk),
            ]
        )

        assert RefreshToken.objects.filter(user=user).count() == 0


def test_addresses_added_in_parallel_have_one_default(client_for: ApiClientFor) -> None:
    user = UserFactory.create()
    clients = [client_for(user) for _ in range(6)]

    def add(client: APIClient) -> int:
        return client.post("/api/v1/addresses/", {**PLACE, "is_default": True}).status_code

    statuses = at_once([partial(add, client) for client in clients])

    assert statuses == [201] * 6
    assert Address.objects.filter(user=user, is_default=True).count() == 1


def test_defaults_deleted_and_chosen_in_parallel_leave_one(client_for: ApiClientFor) -> None:
    user = UserFactory.create()
    book = [AddressFactory.create(user=user, is_default=number == 0) for number in range(6)]
    clients = [client_for(user) for _ in book]

    def delete(client: APIClient, address: Address) -> int:
        return client.delete(f"/api/v1/addresses/{address.pk}/").status_code

    def choose(client: APIClient, address: Address) -> int:
        return client.patch(f"/api/v1/addresses/{address.pk}/", {"is_default": True}).status_code

    statuses = at_once(
        [
            partial(delete if number < 3 else choose, client, address)
            for number, (client, address) in enumerate(zip(clients, book, strict=True))
        ]
    )

    assert statuses == [204, 204, 204, 200, 200, 200]
    assert Address.objects.filter(user=user).count() == 3
    assert Address.objects.filter(user=user, is_default=True).count() == 1


def test_one_address_registered_in_parallel_makes_one_account() -> None:
    form = {"email": "ada@example.com", "password": PASSWORD}

    statuses = at_once([partial(post, "/api/v1/auth/register/", form)] * 6)

    assert sorted(statuses) == [201] + [400] * 5
    assert User.objects.count() == 1


def test_a_mailed_link_used_in_parallel_works_once() -> None:
    user = UserFactory.create()
    post("/api/v1/auth/password/reset/", {"email": user.email})
    (message,) = deliver_mails()
    token = token_in(message)

    statuses = at_once(
        [
            partial(
                post,
                "/api/v1/auth/password/reset/confirm/",
                {"token": token, "new_password": f"horse-battery-{number}"},
            )
            for number in range(6)
        ]
    )

    assert sorted(statuses) == [204] + [400] * 5
