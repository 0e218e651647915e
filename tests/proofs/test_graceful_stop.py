"""A web server and a worker that are asked to stop: what they have begun they finish, and nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any, Self

import pytest
import redis
from django.conf import settings

from config.celery import app
from config.environment import CHECKOUT
from config.processes import Program, end, spawn, wait_until
from tests.factories.products import ProductFactory
from tests.live import Answer, LiveShop, database_environment, running_shop
from tests.proofs.graceful_worker import BEGAN, DONE, QUEUE, TASK

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Traffic:
    """Clients that ask one of the servers that take traffic, without pause, as a proxy has them do."""

    def __init__(self, servers: list[LiveShop], product: int, *, clients: int = 6) -> None:
        self.servers = list(servers)
        self.answers: Counter[str] = Counter()
        self._product = product
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, more: int) -> None:
        """Until so many more were answered."""
        before = self.answers.total()
        assert wait_until(lambda: self.answers.total() >= before + more, 60)

    def _ask_on(self) -> None:
        while not self._stopping.is_set():
            server = random.choice(self.servers)
            for method, path, body in (
                ("GET", "products/", None),
                ("POST", "cart/items/", {"product": self._product, "quantity": 1}),
            ):
                answer = _outcome(server, method, path, body)
                with self._counting:
                    self.answers[answer] += 1


def _outcome(server: LiveShop, method: str, path: str, body: Any) -> str:
    try:
        return str(server.call(method, path, body).status)
    except OSError as error:
        return type(error).__name__


def test_no_request_is_lost_when_traffic_moves_away_first() -> None:
    product = ProductFactory.create(stock=1_000_000)
    with (
        running_shop(workers=2) as going,
        running_shop(workers=2) as staying,
        Traffic([going, staying], product.id) as traffic,
    ):
        traffic.wait_for(100)
        traffic.servers.remove(going)
        time.sleep(0.5)  # the pause before SIGTERM: what was on its way has arrived
        going.process.send_signal(signal.SIGTERM)
        going.process.wait(30)
        traffic.wait_for(100)

    assert set(traffic.answers) == {"200", "201"}, traffic.answers
    print(f"a web server stopped among {traffic.answers.total()} requests: {dict(traffic.answers)}")  # noqa: T201


def test_requests_under_way_are_answered_and_new_ones_are_not_taken() -> None:
    answers: list[Answer] = []
    with running_shop(application="tests.proofs.slow_wsgi:application", workers=1) as shop:
        asking = [threading.Thread(target=lambda: answers.append(shop.call("GET", "slow/"))) for _ in range(5)]
        for thread in asking:
            thread.start()
        time.sleep(0.5)
        shop.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        took_another = shop.is_up()
        for thread in asking:
            thread.join(30)
        shop.process.wait(30)

    assert [answer.status for answer in answers] == [200] * 5
    assert not took_another


def start_worker() -> tuple[Program, subprocess.Popen[bytes]]:
    program = Program(
        name="worker",
        arguments=(sys.executable, "-W", "ignore", "-m", "tests.proofs.graceful_worker"),
        environment={**os.environ, **database_environment()},
        directory=CHECKOUT,
        stop_seconds=30,
    )
    return program, spawn(program, output=subprocess.DEVNULL)


def names(client: Any, key: str) -> list[str]:
    return [name.decode() for name in client.lrange(key, 0, -1)]


def test_a_worker_finishes_its_task_and_leaves_the_next_to_others() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(QUEUE, BEGAN, DONE)
        for name in ("first", "second"):
            app.send_task(TASK, [name], queue=QUEUE)
        _, process = start_worker()
        assert wait_until(lambda: names(client, BEGAN) == ["first"], 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert names(client, DONE) == names(client, BEGAN) == ["first"]

        program, process = start_worker()
        try:
            assert wait_until(lambda: names(client, DONE) == ["first", "second"], 60)
        finally:
            end([(program, process)])
        client.delete(QUEUE, BEGAN, DONE)
