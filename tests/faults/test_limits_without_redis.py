"""Limits over processes through real HTTP: with Redis, without it, and with one that never answers."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.authentication import UserFactory
from tests.faults.test_redis_away import _refusing, _silent
from tests.live import all_at_once, running_shop


@pytest.mark.slow
@pytest.mark.parametrize("away", [None, _refusing, _silent], ids=["there", "refused", "silent"])
def test_guessing_is_limited_over_all_processes(transactional_db: None, away: Callable[[], Any] | None) -> None:
    UserFactory.create(email="ada@example.com")

    def guess(shop: Any) -> Counter[int]:
        body = {"email": "ada@example.com", "password": "wrong"}
        calls = [lambda: shop.post("auth/token/", body, X_Forwarded_For="203.0.113.5").status] * 20
        return Counter(all_at_once(calls))

    if away is None:
        with running_shop(workers=2, LIMIT_LOGIN="5/hour", LIMIT_REDIS_TIMEOUT_SECONDS="2") as shop:
            answers, took = guess(shop), 0.0
    else:
        with away() as url, running_shop(workers=2, LIMIT_LOGIN="5/hour", REDIS_URL=url) as shop:
            answers = guess(shop)
            began = time.monotonic()
            assert shop.post("auth/token/", {"email": "bob@example.com", "password": "wrong"}).status == 429
            took = time.monotonic() - began

    assert answers == {401: 5, 429: 15}
    assert took < 1
