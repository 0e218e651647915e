"""A load client that buys without pause and writes down every order that the shop acknowledged."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from tests.factories.orders import ADDRESS
from tests.running.checkouts import Checkout

NO_ANSWER = 0
CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


class LoadClient:
    """So many buyers at once; `orders` and `payments` are what was acknowledged, on disk before the next request."""

    def __init__(self, checkout: Checkout, log: Path, *, buyers: int = 6) -> None:
        self.port = checkout.port
        self.log = log
        self.statuses: Counter[int] = Counter()
        self.slowest = 0.0  # seconds that an answer took
        self.orders: list[str] = []
        self.payments: list[int] = []
        self._next = count()
        self._stopping = threading.Event()
        self._writing = threading.Lock()
        self._threads = [threading.Thread(target=self._buy_on, daemon=True) for _ in range(buyers)]
        self._products = _simple_products(checkout)
        self._method = checkout.get("/api/v1/shipping/methods/?country=US&state=CA&subtotal=50")["results"][0]["id"]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for_orders(self, number: int, seconds: float) -> float:
        """Wait until so many more were acknowledged; how long that took. Raises AssertionError."""
        began, before = time.monotonic(), len(self.orders)
        while len(self.orders) < before + number:
            assert time.monotonic() - began < seconds, f"{len(self.orders) - before} orders in {seconds} s"
            time.sleep(0.05)
        return time.monotonic() - began

    def _buy_on(self) -> None:
        while not self._stopping.is_set():
            if not self._buy():
                time.sleep(0.1)

    def _buy(self) -> bool:
        """One cart, order and payment; False as soon as one is not answered well."""
        wanted = {"product": self._products[next(self._next) % len(self._products)], "quantity": 1}
        cart = self._post("cart/items/", wanted)
        wish = {"shipping_address": ADDRESS, "shipping_method": self._method, "email": "ada@example.com"}
        order = cart and self._post("checkout/", wish, **{"X-Cart-Token": cart["token"]})
        if not order:
            return False
        self._note(lambda: self.orders.append(order["order_number"]), f"order {order['order_number']}")
        secret = {"X-Order-Token": order["access_token"]}
        payment = self._post(f"orders/{order['order_number']}/payments/", CARD, **secret)
        if payment and payment["status"] == "succeeded":
            self._note(lambda: self.payments.append(payment["id"]), f"payment {payment['id']}")
        return bool(payment)

    def _note(self, remember: Callable[[], None], line: str) -> None:
        with self._writing, self.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
            remember()

    def _post(self, path: str, body: Any, **headers: str) -> Any:
        """The body of a 201; None for anything else, which is counted."""
        sent = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex, **headers}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        began = time.monotonic()
        try:
            connection.request("POST", f"/api/v1/{path}", json.dumps(body), sent)
            answer = connection.getresponse()
            said, status = json.loads(answer.read()), answer.status
        except (OSError, http.client.HTTPException, ValueError):
            said, status = None, NO_ANSWER
        finally:
            connection.close()
        self.statuses[status] += 1
        self.slowest = max(self.slowest, time.monotonic() - began)
        return said if status == 201 else None


def _simple_products(checkout: Checkout) -> list[int]:
    """Products in stock that are sold without a choice."""
    listed = checkout.get("/api/v1/products/?in_stock=true&page_size=60")["results"]
    details = [checkout.get(f"/api/v1/products/{product['slug']}/") for product in listed]
    return [product["id"] for product in details if not product["variations"]]
