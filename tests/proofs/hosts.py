"""Web servers, workers and beats of a proof's own, each of which may be stopped, killed and started again."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from config.embedded import any_free_port
from config.environment import CHECKOUT
from config.processes import Program, end, end_group, spawn, wait_until
from config.supervisor import QUEUES
from tests.factories.orders import ADDRESS
from tests.live import SHARED_CONNECTIONS, LiveShop

CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
TRIES = 60


class Host:
    """A program with its variables."""

    def __init__(self, name: str, arguments: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self._program = Program(
            name=name,
            arguments=(sys.executable, "-m", *arguments),
            environment={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", **environment},
            directory=CHECKOUT,
            stop_seconds=60,
        )
        self._log = log
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self.process = spawn(self._program, output=log)

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        end([(self._program, self.process)])

    def kill(self) -> None:
        """End it without asking, with all its processes."""
        end_group(self.process.pid)
        self.process.wait()


class Web(Host):
    """A web server on a port of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = any_free_port()
        arguments = ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "127.0.0.1"]
        arguments += ["--port", str(self.port), "--workers", "1", "--blocking-threads", "64", "--no-ws"]
        arguments += ["--log-level", "warning", "--workers-kill-timeout", "30"]
        super().__init__("web", arguments, {**SHARED_CONNECTIONS, **environment}, log)

    def start(self) -> None:
        super().start()
        self.shop = LiveShop(self.port, self.process)
        assert wait_until(self.shop.is_up, 60)


def worker(environment: dict[str, str], log: Path) -> Host:
    """A worker of all queues."""
    arguments = ["celery", "--app", "config.celery", "worker", "--queues", QUEUES, "--concurrency", "1"]
    return Host(
        "worker", [*arguments, "--loglevel", "warning", "--without-mingle", "--without-gossip"], environment, log
    )


def beat(environment: dict[str, str], log: Path) -> Host:
    """A beat with a schedule file of its own."""
    schedule = log.with_name(f"schedule-{uuid4().hex}")
    arguments = ["celery", "--app", "config.celery", "beat", "--loglevel", "warning", "--pidfile="]
    return Host("beat", [*arguments, "--schedule", str(schedule)], environment, log)


class Traffic:
    """Buyers and readers who ask the hosts in turn, as behind a load balancer.

    A host that refuses the connection was asked nothing: the next one is. What is cut off after it was sent is lost,
    counted, and sent again with its key. `orders` and `payments` are what was acknowledged.
    """

    def __init__(self, hosts: Sequence[Web], *, buyers: int = 3, readers: int = 2) -> None:
        self.orders: list[str] = []
        self.payments: list[int] = []
        self.lost: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.reads = 0
        self.slowest = 0.0
        self._hosts = itertools.cycle(hosts)
        self._stopping = threading.Event()
        work = [self._buy] * buyers + [self._read] * readers
        self._threads = [threading.Thread(target=self._go_on, args=(each,), daemon=True) for each in work]
        self._products = [
            each["id"]
            for each in hosts[0].shop.call("GET", "products/?page_size=60").body["results"]
            if each["slug"] != "last"
        ]
        methods = hosts[0].shop.call("GET", "shipping/methods/?country=US&state=CA&subtotal=50").body["results"]
        self._method = methods[0]["id"]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(120)

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """What was lost, and how many orders were acknowledged, in the block and a moment after."""
        self.wait_for_orders(3)
        lost, orders, reads = len(self.lost), len(self.orders), self.reads
        told: Counter[str] = Counter()
        yield told
        self.wait_for_orders(3)
        told.update(lost=len(self.lost) - lost, orders=len(self.orders) - orders, reads=self.reads - reads)

    def wait_for_orders(self, number: int) -> None:
        """Until so many more are acknowledged."""
        wanted = len(self.orders) + number
        assert wait_until(lambda: len(self.orders) >= wanted, 90), f"{self.statuses}, {self.lost}"

    def _go_on(self, work: Any) -> None:
        while not self._stopping.is_set():
            work()

    def _buy(self) -> None:
        product = self._products[len(self.orders) % len(self._products)]
        cart = self._ask("POST", "cart/items/", {"product": product, "quantity": 1})
        wish = {"shipping_address": ADDRESS, "shipping_method": self._method, "email": "ada@example.com"}
        order = self._ask("POST", "checkout/", wish, **{"X-Cart-Token": cart["token"]})
        self.orders.append(order["order_number"])
        secret = {"X-Order-Token": order["access_token"]}
        payment = self._ask("POST", f"orders/{order['order_number']}/payments/", CARD, **secret)
        if payment["status"] == "succeeded":
            self.payments.append(payment["id"])

    def _read(self) -> None:
        self._ask("GET", f"products/?page={1 + self.reads % 5}", None)
        self.reads += 1

    def _ask(self, method: str, path: str, body: Any, **headers: str) -> Any:
        """The body of a good answer, as often as it has to be asked for."""
        headers["Idempotency-Key"] = uuid4().hex
        began = time.monotonic()
        for _ in range(TRIES):
            status, said = self._try(method, path, body, headers)
            if status is not None:
                self.statuses[status] += 1
                if status in {200, 201}:
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    return said
                self.lost.append(f"{method} {path}: {status} {said}")
            time.sleep(0.2)
        raise AssertionError(f"{method} {path} came to nothing")

    def _try(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int | None, Any]:
        host = next(self._hosts)
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{host.shop.origin}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.read()[:300]
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                self.lost.append(f"{method} {path}: {error.reason!r}")
        except OSError as error:
            self.lost.append(f"{method} {path}: {error!r}")
        return None, None
