"""The shop behind its real web server, on the test's database, for races and faults that need real processes."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import Message
from typing import Any, TypeVar

from django.db import connection

from config.embedded import any_free_port
from config.environment import CHECKOUT
from config.processes import Program, end, spawn, wait_until

READY_SECONDS = 60.0
ANSWER_SECONDS = 60.0

Answered = TypeVar("Answered")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: Any
    headers: Message


class LiveShop:
    """A running shop; its calls may be made from any number of threads."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.process = process

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call the API; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.origin}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **named},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - our own server
                return Answer(answer.status, json.loads(answer.read() or b"null"), answer.headers)
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read() or b"null"), error.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST to the API."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.origin}/healthz", timeout=5) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except OSError:
            return False


# As in production, where the settings of tests are otherwise.
SHARED_CONNECTIONS = {"DATABASE_POOL_SIZE": "12", "DATABASE_CONN_MAX_AGE": "600"}


@contextlib.contextmanager
def running_shop(
    *, application: str = "config.wsgi:application", workers: int = 1, respawn: bool = False, **environment: str
) -> Iterator[LiveShop]:
    """The shop on a free port with so many web workers; `environment` sets further variables."""
    port = any_free_port()
    arguments = ["granian", "--interface", "wsgi", application, "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--workers", str(workers), "--blocking-threads", "64", "--no-ws", "--log-level", "warning"]
    arguments += ["--respawn-failed-workers"] if respawn else []
    program = Program(
        name="web",
        arguments=(sys.executable, "-m", *arguments),
        environment={**os.environ, **database_environment(), **SHARED_CONNECTIONS, **environment},
        directory=CHECKOUT,
    )
    process = spawn(program, output=subprocess.DEVNULL)
    try:
        shop = LiveShop(port, process)
        if not wait_until(shop.is_up, READY_SECONDS):
            raise RuntimeError("the shop did not come up")
        yield shop
    finally:
        end([(program, process)])


def database_environment() -> dict[str, str]:
    """The variables with which another process uses this test's database."""
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    return {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }


def all_at_once(calls: Sequence[Callable[[], Answered]]) -> list[Answered]:
    """Make the calls in as many threads, all starting together; the answers in the order of the calls."""
    barrier = threading.Barrier(len(calls))

    def start(call: Callable[[], Answered]) -> Answered:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))
