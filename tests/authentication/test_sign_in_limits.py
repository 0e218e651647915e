"""LIMIT_LOGIN: per account with a growing delay, per address, over all; through the API and through the admin."""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import SignInPlace, User
from authentication.services import passwords, sign_in_limits
from authentication.services.sign_in_limits import ALARM
from authentication.tasks import drop_expired_tokens
from common.limits import redis_counters
from common.models import LimitCounter, OutboxEvent
from tests.authentication.mailbox import deliver_mails, token_in
from tests.conftest import Allow
from tests.factories.authentication import PASSWORD, UserFactory
from tests.live import all_at_once

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/token/"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def ada() -> User:
    return UserFactory.create(email="ada@example.com", username="ada")


def sign_in(password: str = "wrong", *, login: str = "ada@example.com", address: str = HOME) -> Any:
    return APIClient().post(URL, {"email": login, "password": password}, REMOTE_ADDR=address)


def statuses(times: int, password: str = "wrong", **where: str) -> list[int]:
    return [sign_in(password, **where).status_code for _ in range(times)]


@pytest.fixture
def forget_windows(settings: Settings) -> Any:
    """End the windows and the pause that hold now, as time would; the failures before stay counted."""

    def end() -> None:
        redis = redis_counters._client(settings.REDIS_URL, settings.LIMIT_REDIS_TIMEOUT_SECONDS)
        for pattern in ("limit:login-account:*", "limit:login-address:*", "*:held"):
            for key in redis.scan_iter(pattern):
                redis.delete(key)
        LimitCounter.objects.exclude(key__startswith="limit:login-delay").delete()
        LimitCounter.objects.update(held_until=timezone.now())

    return end


def test_so_many_attempts_and_no_more_even_with_the_right_password(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")

    assert statuses(3) == [401, 401, 401]
    refused = sign_in(PASSWORD)

    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert refused["Content-Type"] == "application/problem+json"
    assert 55 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Policy"] == '"login-account";q=3;w=60, "login-address";q=3;w=60'
    assert refused["RateLimit"].startswith('"login-account";r=0;t=')
    assert refused["Cache-Control"] == "no-store"


def test_answers_below_the_limit_tell_what_is_left(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")

    answer = sign_in(PASSWORD)

    assert answer.status_code == 200
    assert answer["RateLimit"] == '"login-account";r=2;t=60, "login-address";r=2;t=60'
    assert "Retry-After" not in answer


def test_off_is_no_limit(ada: User) -> None:
    assert statuses(15) == [401] * 15
    assert sign_in(PASSWORD).status_code == 200
    assert not SignInPlace.objects.exists()


def test_an_account_is_guarded_from_many_addresses(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")

    answers = [sign_in(address=f"198.51.100.{number}").status_code for number in range(6)]

    assert answers == [401, 401, 401, 429, 429, 429]


@pytest.mark.parametrize("spelling", ["ADA@Example.com", " ada@example.com"])
def test_another_spelling_is_the_same_account(ada: User, allow: Allow, spelling: str) -> None:
    allow(LOGIN="2/min")
    statuses(2)

    assert sign_in(PASSWORD, login=spelling, address=ELSEWHERE).status_code == 429


def test_an_address_is_limited_over_many_accounts(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")

    answers = [sign_in(login=f"user{number}@example.com").status_code for number in range(5)]

    assert answers == [401, 401, 401, 429, 429]
    assert sign_in(PASSWORD, address=ELSEWHERE).status_code == 200


def test_unknown_accounts_are_counted_like_known_ones(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")

    known, unknown = (
        [sign_in(login=login, address=address) for _ in range(5)]
        for login, address in (("ada@example.com", HOME), ("nobody@example.com", ELSEWHERE))
    )

    def facts(answer: Any) -> tuple[Any, ...]:
        body = {name: value for name, value in answer.json().items() if name != "request_id"}
        return answer.status_code, body, answer.get("RateLimit"), answer.get("RateLimit-Policy")

    assert [facts(answer) for answer in known] == [facts(answer) for answer in unknown]


def test_the_delay_grows_and_a_success_ends_it(
    ada: User, allow: Allow, forget_windows: Any, settings: Settings
) -> None:
    allow(LOGIN="2/s")
    settings.LOGIN_DELAY_MAX_SECONDS = 5
    statuses(1)
    waits = []
    for _ in range(5):
        forget_windows()
        assert statuses(1) == [401]
        forget_held_only = sign_in(PASSWORD)
        waits.append(int(forget_held_only["Retry-After"]))

    assert waits == [1, 2, 4, 5, 5]
    forget_windows()
    assert sign_in(PASSWORD).status_code == 200
    forget_windows()
    assert statuses(2) == [401, 401]


def test_strangers_elsewhere_do_not_hold_up_an_owner_at_home(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")
    assert sign_in(PASSWORD).status_code == 200

    assert statuses(4, address=ELSEWHERE) == [401, 401, 429, 429]  # the owner's first one was from nowhere known
    assert sign_in(PASSWORD, address="203.0.113.9").status_code == 429

    assert sign_in(PASSWORD).status_code == 200


def test_at_home_attempts_are_counted_too(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")
    sign_in(PASSWORD)

    assert statuses(3) == [401, 401, 429]


def test_a_place_is_kept_as_a_hash_and_forgotten_after_a_while(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")
    sign_in(PASSWORD)
    place = SignInPlace.objects.get()
    assert HOME not in place.key
    assert "ada" not in place.key
    SignInPlace.objects.update(used_at=timezone.now() - timedelta(days=91))

    statuses(3, address=ELSEWHERE)
    assert sign_in(PASSWORD).status_code == 429
    drop_expired_tokens()

    assert not SignInPlace.objects.exists()


def test_a_mailed_link_lets_the_owner_in_again(
    ada: User, allow: Allow, django_capture_on_commit_callbacks: Any
) -> None:
    allow(LOGIN="3/day")
    statuses(4, address=ELSEWHERE)
    assert sign_in(PASSWORD).status_code == 429
    passwords.request_reset(email=ada.email)
    token = token_in(deliver_mails()[-1])

    with django_capture_on_commit_callbacks(execute=True):
        passwords.reset_password(token=token, new_password="another-passphrase")

    assert sign_in("another-passphrase").status_code == 200


def test_the_alarm_is_raised_once_over_all_accounts_and_addresses(
    allow: Allow, caplog: pytest.LogCaptureFixture
) -> None:
    allow(LOGIN="2/min", LOGIN_FAILURES="5/min")

    with caplog.at_level(logging.ERROR):
        for number in range(9):
            sign_in(login=f"user{number}@example.com", address=f"198.51.100.{number}")

    event = OutboxEvent.objects.get(name=ALARM)
    assert event.payload == {"failures": 5, "seconds": 60}
    assert len([record for record in caplog.records if "sign_in_alarm" in record.getMessage()]) == 1


def test_successes_raise_no_alarm(ada: User, allow: Allow) -> None:
    allow(LOGIN="100/min", LOGIN_FAILURES="3/min")

    assert statuses(5, PASSWORD) == [200] * 5

    assert not OutboxEvent.objects.filter(name=ALARM).exists()


@pytest.mark.parametrize("away", [False, True], ids=["redis", "postgresql"])
@pytest.mark.django_db(transaction=True)
def test_of_parallel_attempts_exactly_so_many_are_looked_at(allow: Allow, settings: Settings, away: bool) -> None:
    UserFactory.create(email="ada@example.com")
    allow(LOGIN="4/min")
    if away:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

    def attempt() -> int:
        try:
            return int(sign_in().status_code)
        finally:
            connection.close()

    assert Counter(all_at_once([attempt] * 12)) == {401: 4, 429: 8}


def test_holds_without_redis_delay_and_all(ada: User, allow: Allow, settings: Settings, forget_windows: Any) -> None:
    allow(LOGIN="2/min")
    settings.LOGIN_DELAY_MAX_SECONDS = 300
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"

    assert statuses(4) == [401, 401, 429, 429]
    settings.REDIS_URL = there
    forget_windows()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert statuses(2) == [401, 429]
    assert 1 <= int(sign_in(PASSWORD, address=ELSEWHERE)["Retry-After"]) <= 2


ADMIN = "/admin/login/"


def admin_sign_in(password: str, address: str = HOME) -> Any:
    form = {"username": "ada@example.com", "password": password}
    return Client().post(ADMIN, form, REMOTE_ADDR=address)


def test_the_admin_counts_with_the_api(allow: Allow) -> None:
    UserFactory.create(email="ada@example.com", is_staff=True)
    allow(LOGIN="3/min")
    assert statuses(2) == [401, 401]
    assert admin_sign_in("wrong").status_code == 200

    refused = admin_sign_in(PASSWORD)

    assert refused.status_code == 429
    assert b"Too many attempts to sign in" in refused.content
    assert 55 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"].startswith('"login-account";r=0;t=')
    assert statuses(1, PASSWORD) == [429]


def test_staff_sign_in_to_the_admin_below_the_limit(allow: Allow) -> None:
    UserFactory.create(email="ada@example.com", is_staff=True)
    allow(LOGIN="3/min")

    assert admin_sign_in(PASSWORD).status_code == 302
    assert Client().get(ADMIN).status_code == 200
    assert SignInPlace.objects.count() == 1


def test_customers_are_failures_to_the_admin_even_with_their_password(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min", LOGIN_FAILURES="1/min")

    assert admin_sign_in(PASSWORD).status_code == 200

    assert OutboxEvent.objects.filter(name=ALARM).count() == 1
    assert not SignInPlace.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "password/change/", {"current_password": "wrong", "new_password": "another-passphrase"}),
        ("post", "email/change/", {"email": "new@example.com", "password": "wrong"}),
        ("delete", "me/", {"password": "wrong"}),
    ],
)
def test_a_stolen_token_does_not_guess_the_password(
    user_client: APIClient, allow: Allow, method: str, path: str, body: dict[str, str]
) -> None:
    allow(LOGIN="2/min")

    answers = [getattr(user_client, method)(f"/api/v1/auth/{path}", body).status_code for _ in range(3)]

    assert answers == [400, 400, 429]


def test_places_are_of_one_account_and_one_network(ada: User, allow: Allow) -> None:
    allow(LOGIN="3/min")
    with sign_in_limits.attempt(login="ada@example.com", network="2001:db8::/64"):
        pass
    with sign_in_limits.attempt(login="bob@example.com", network="2001:db8::/64"):
        pass

    assert SignInPlace.objects.count() == 2
