"""Counting: windows and growing delays, alike in Redis and in PostgreSQL, and what holds while Redis is away."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone
from environs import Env
from pytest_django import Settings

from common.limits import counting, database_counters, fields, leases, process_counters, redis_counters
from common.limits.breaker import Breaker
from common.limits.errors import RateLimited
from common.limits.policies import Delay, Rate, Scope, Verdict, Window, key_of
from common.models import LimitCounter
from common.tasks import drop_ended_limit_counters
from config.settings.limits import DEFAULTS, limits
from tests.conftest import Allow
from tests.live import all_at_once

THREE = Window("three", key_of("three", "ada"), Rate(3, 60))
TWO = Window("two", key_of("two", "ada"), Rate(2, 1))
DELAY = Delay(key_of("delay", "ada"), free=2, longest_seconds=3, forgotten_seconds=60)
STORES = [redis_counters, database_counters]


@pytest.fixture(params=STORES, ids=["redis", "postgresql"])
def store(request: pytest.FixtureRequest, db: None, settings: Settings) -> Any:
    settings.LIMIT_REDIS_TIMEOUT_SECONDS = 2.0
    return request.param


@pytest.fixture
def without_redis(settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    redis_counters.breaker.worked()


def outcomes(store: Any, *windows: Window, times: int, delay: Delay | None = None) -> list[bool]:
    return [store.count(list(windows), delay).is_allowed for _ in range(times)]


def test_lets_through_as_many_as_the_rate_says(store: Any) -> None:
    assert outcomes(store, THREE, times=5) == [True, True, True, False, False]


def test_tells_what_is_left_and_when_it_begins_anew(store: Any) -> None:
    first, second = store.count([THREE]), store.count([THREE])
    store.count([THREE])
    refused = store.count([THREE])

    assert [verdict.standings[0].remaining for verdict in (first, second, refused)] == [2, 1, 0]
    assert 58 < first.standings[0].reset_seconds <= 60
    assert 58 <= refused.wait_seconds <= 60


def test_begins_anew_when_the_window_ends(store: Any) -> None:
    before = outcomes(store, TWO, times=3)
    time.sleep(1.05)

    assert before == [True, True, False]
    assert outcomes(store, TWO, times=3) == [True, True, False]


def test_who_is_refused_by_one_window_uses_no_other_up(store: Any) -> None:
    outcomes(store, THREE, TWO, times=5)

    verdict = store.count([THREE])

    assert verdict.is_allowed
    assert verdict.standings[0].remaining == 0


def test_counts_for_each_key_alone(store: Any) -> None:
    outcomes(store, THREE, times=4)

    assert store.count([THREE._replace(key=key_of("three", "bob"))]).is_allowed


def test_a_use_may_cost_more(store: Any) -> None:
    assert store.count([THREE], cost=2).is_allowed
    assert not store.count([THREE], cost=2).is_allowed
    assert store.count([THREE]).is_allowed


def test_pauses_double_after_the_free_uses(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = THREE._replace(rate=Rate(100, 60))
    waits = []
    for _ in range(5):
        while not (verdict := store.count([wide], DELAY)).is_allowed:
            waits.append(verdict.wait_seconds)
            _pass_time(store)

    assert outcomes(store, wide, times=1, delay=DELAY) == [False]
    assert waits == [1, 2, 3]


def _pass_time(store: Any) -> None:
    """End the pause that holds now, as time would."""
    if store is redis_counters:
        redis_counters._client(settings.REDIS_URL, settings.LIMIT_REDIS_TIMEOUT_SECONDS).delete(f"{DELAY.key}:held")
    else:
        LimitCounter.objects.filter(pk=DELAY.key).update(held_until=timezone.now() - timedelta(seconds=1))


def test_attempts_in_a_pause_do_not_make_it_longer(store: Any) -> None:
    wide = THREE._replace(rate=Rate(100, 60))
    outcomes(store, wide, times=2, delay=DELAY)

    verdicts = [store.count([wide], DELAY) for _ in range(5)]

    assert {verdict.wait_seconds for verdict in verdicts} == {1}
    assert {verdict.standings[0].remaining for verdict in verdicts} == {0}
    time.sleep(1.05)
    assert store.count([wide], DELAY).is_allowed


def test_a_delay_that_is_forgotten_begins_anew(store: Any) -> None:
    wide = THREE._replace(rate=Rate(100, 60))
    assert outcomes(store, wide, times=3, delay=DELAY) == [True, True, False]

    store.forget(DELAY)

    assert outcomes(store, wide, times=3, delay=DELAY) == [True, True, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("racing", STORES, ids=["redis", "postgresql"])
def test_exactly_so_many_of_parallel_uses_pass(racing: Any, settings: Settings) -> None:
    settings.LIMIT_REDIS_TIMEOUT_SECONDS = 5.0
    ten, other = Window("ten", key_of("ten"), Rate(10, 60)), Window("more", key_of("more"), Rate(1000, 60))

    def use(windows: list[Window]) -> bool:
        try:
            return bool(racing.count(windows).is_allowed)
        finally:
            connection.close()

    # In either order of windows, which in PostgreSQL must not deadlock.
    calls = [lambda order=order: use(order) for order in ([ten, other], [other, ten]) * 12]
    passed = Counter(all_at_once(calls))

    assert passed == {True: 10, False: 14}
    assert racing.count([other]).standings[0].remaining == 1000 - 11


def test_a_process_counts_for_itself_exactly() -> None:
    def use() -> bool:
        return process_counters.count([THREE]).is_allowed

    assert Counter(all_at_once([use] * 16)) == {True: 3, False: 13}


@pytest.mark.django_db
def test_shares_let_through_no_more_than_the_rate_over_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    hundred = Window("view", key_of("view", "ada"), Rate(100, 60))
    asked = Counter[str]()

    def ask(*args: Any, **kwargs: Any) -> Verdict:
        asked["redis"] += 1
        return redis_counters.count(*args, **kwargs)

    monkeypatch.setattr(counting, "count", lambda windows, is_durable, cost=1: ask(windows, cost=cost))
    first = [leases.count(hundred).is_allowed for _ in range(58)]
    leases.forget_all()  # as another process, which knows nothing of the first one's shares
    second = [leases.count(hundred).is_allowed for _ in range(60)]

    assert all(first)
    assert Counter(second) == {True: 40, False: 20}  # the first holds two that it has not used
    assert asked["redis"] == 11 + 7 + 2


def test_most_clients_cost_no_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "count", lambda *args, **kwargs: pytest.fail("asked"))
    windows = [Window("view", key_of("view", number), Rate(100, 60)) for number in range(50)]

    assert all(leases.count(window).is_allowed for window in windows for _ in range(5))


@pytest.mark.django_db
def test_a_small_rate_is_counted_one_by_one() -> None:
    assert [leases.count(THREE).is_allowed for _ in range(5)] == [True, True, True, False, False]
    leases.forget_all()
    assert not leases.count(THREE).is_allowed


@pytest.mark.django_db
@pytest.mark.usefixtures("without_redis")
@pytest.mark.parametrize("scope", [Scope.LOGIN, Scope.REGISTER, Scope.PASSWORD_RESET])
def test_what_guards_secrets_is_counted_in_postgresql_without_redis(allow: Allow, scope: Scope) -> None:
    allow(**{scope: "2/min"})
    for _ in range(2):
        counting.demand(scope, "ada")

    with pytest.raises(RateLimited) as refused:
        counting.demand(scope, "ada")

    assert 58 <= refused.value.retry_after_seconds <= 60
    assert LimitCounter.objects.get().uses == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("without_redis")
@pytest.mark.parametrize("scope", [Scope.CART, Scope.CHECKOUT, Scope.REVIEW, Scope.VIEW])
def test_the_others_are_counted_in_the_process_without_redis(allow: Allow, scope: Scope) -> None:
    allow(**{scope: "2/min"})
    for _ in range(2):
        counting.demand(scope, "ada")

    with pytest.raises(RateLimited):
        counting.demand(scope, "ada")

    assert not LimitCounter.objects.exists()


def test_a_silent_redis_costs_one_request_its_time_out_and_not_each(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.LIMIT_REDIS_TIMEOUT_SECONDS = 0.3
        began = time.monotonic()
        verdicts = [counting.count([THREE], is_durable=False).is_allowed for _ in range(200)]
        took = time.monotonic() - began

    assert Counter(verdicts) == {True: 3, False: 197}
    assert 0.3 <= took < 0.6


def test_redis_that_comes_back_is_used_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_counters, "breaker", Breaker(0.2))
    there = settings.REDIS_URL
    settings.LIMIT_REDIS_TIMEOUT_SECONDS = 2.0
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(redis_counters.RedisAway):
        redis_counters.count([THREE])
    settings.REDIS_URL = there
    with pytest.raises(redis_counters.RedisAway):
        redis_counters.count([THREE])
    time.sleep(0.25)

    assert redis_counters.count([THREE]).is_allowed


def test_one_of_many_tries_whether_it_is_back() -> None:
    breaker = Breaker(0.1)
    breaker.failed()
    time.sleep(0.15)
    gate = threading.Barrier(8)

    def try_it() -> bool:
        gate.wait()
        return breaker.lets_through()

    assert Counter(all_at_once([try_it] * 8)) == {True: 1, False: 7}


@pytest.mark.django_db
def test_ended_counters_are_dropped() -> None:
    now = timezone.now()
    LimitCounter.objects.create(key="ended", uses=1, ends_at=now - timedelta(seconds=1))
    LimitCounter.objects.create(key="going", uses=1, ends_at=now + timedelta(minutes=1))

    drop_ended_limit_counters()

    assert LimitCounter.objects.get().key == "going"


def test_the_fields_are_those_of_the_draft() -> None:
    fields.begin()
    fields.note(process_counters.count([THREE, TWO]).standings)

    assert fields.noted() == {
        "RateLimit-Policy": '"three";q=3;w=60, "two";q=2;w=1',
        "RateLimit": '"three";r=2;t=60, "two";r=1;t=1',
    }


@pytest.mark.parametrize(
    ("text", "rate"),
    [("10/min", (10, 60)), ("1/s", (1, 1)), ("7/hour", (7, 3600)), (" 5/day ", (5, 86400)), ("off", None)],
)
def test_rates_are_read(monkeypatch: pytest.MonkeyPatch, text: str, rate: tuple[int, int] | None) -> None:
    monkeypatch.setenv("LIMIT_CART", text)

    assert limits(Env())["CART"] == rate


@pytest.mark.parametrize("text", ["10", "0/min", "-1/min", "10/minute", "ten/min", "1.5/s", "Off/min", "10/min/2"])
def test_what_is_no_rate_refuses_to_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LIMIT_CART", text)

    with pytest.raises(ImproperlyConfigured, match=r"^LIMIT_CART is a number per s, min, hour, day"):
        limits(Env())


def test_every_scope_has_its_setting_and_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for scope in DEFAULTS:
        monkeypatch.delenv(f"LIMIT_{scope}", raising=False)
    monkeypatch.setenv("LIMIT_CART", "")  # as a file of settings leaves blank what it does not set

    read = limits(Env())

    assert set(read) == set(Scope)
    assert all(read.values())
    assert read["CART"] == (240, 60)
