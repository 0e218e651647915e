"""Redis refuses, or accepts and never answers: the shop sells on, no request waits for it, and events are kept."""

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from common.models import OutboxDelivery, OutboxEvent
from config.embedded import LOOPBACK, any_free_port
from payments.models import Refund
from tests.factories.authentication import PASSWORD, UserFactory
from tests.factories.orders import ADDRESS
from tests.factories.payments import a_while_later, breaches
from tests.factories.products import CategoryFactory, ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.live import ANSWER_SECONDS, Answer, LiveShop, running_shop

LONGEST_SECONDS = 2.0


@contextmanager
def _refusing() -> Iterator[str]:
    """The address of a Redis that is not there."""
    yield f"redis://{LOOPBACK}:{any_free_port()}/0"


@contextmanager
def _silent() -> Iterator[str]:
    """The address of one that accepts connections and never says a word."""
    with socket.create_server((LOOPBACK, 0), backlog=512) as server:
        yield f"redis://{LOOPBACK}:{server.getsockname()[1]}/0"


@dataclass
class Stopwatch:
    """A shop whose answers are timed."""

    shop: LiveShop
    seconds: dict[str, float] = field(default_factory=dict)

    def call(self, method: str, path: str, expected: int, body: Any = None, **headers: str) -> Answer:
        """Call the API, which must answer so."""
        began = time.monotonic()
        answer = self.shop.call(method, path, body, **headers)
        self.seconds[f"{method} {path}"] = time.monotonic() - began
        assert answer.status == expected, (method, path, answer.body)
        return answer

    def readiness(self) -> Any:
        """What /readyz says of each part; it must answer 200."""
        began = time.monotonic()
        with urllib.request.urlopen(f"{self.shop.origin}/readyz", timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            self.seconds["readyz"] = time.monotonic() - began
            return json.loads(answer.read())["checks"]

    def get(self, path: str, **headers: str) -> Any:
        """The body of a GET that is answered well."""
        return self.call("GET", path, 200, **headers).body

    def post(self, path: str, expected: int, body: Any = None, **headers: str) -> Any:
        """The body of the answer to a POST."""
        return self.call("POST", path, expected, {} if body is None else body, **headers).body


def _browse(shop: Stopwatch, slug: str) -> None:
    assert shop.get("products/?q=lamp")["count"] == 1
    assert shop.get(f"products/{slug}/")["slug"] == slug
    assert len(shop.get("categories/")["results"]) == 1
    assert shop.shop.is_up()
    assert shop.readiness()["cache"]["status"] == "down"


def _log_in(shop: Stopwatch, email: str) -> None:
    tokens = shop.post("auth/token/", 200, {"email": email, "password": PASSWORD})
    shop.post("auth/token/", 401, {"email": email, "password": "wrong"})
    tokens = shop.post("auth/token/refresh/", 200, {"refresh": tokens["refresh"]})
    assert shop.get("auth/me/", Authorization=f"Bearer {tokens['access']}")["email"] == email


def _buy(shop: Stopwatch, product_id: int, method_id: int) -> dict[str, str]:
    token = shop.post("cart/items/", 201, {"product": product_id, "quantity": 2})["token"]
    assert shop.get("cart/", X_Cart_Token=token)["item_count"] == 2
    wish = {"shipping_address": ADDRESS, "shipping_method": method_id, "email": "ada@example.com"}
    order = shop.post("checkout/", 201, wish, X_Cart_Token=token, Idempotency_Key="order")
    secret = {"X_Order_Token": order["access_token"]}
    card = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
    path = f"orders/{order['order_number']}"
    assert shop.post(f"{path}/payments/", 201, card, Idempotency_Key="pay", **secret)["status"] == "succeeded"
    assert shop.get(f"{path}/", **secret)["status"] == "confirmed"
    return {"path": path, **secret}


@pytest.mark.parametrize("redis_away", [_refusing, _silent], ids=["refused", "silent"])
def test_the_shop_sells_on(transactional_db: None, tasks_at_once: None, redis_away: Callable[[], Any]) -> None:
    product = ProductFactory.create(name="Lamp", slug="lamp", stock=5, categories=[CategoryFactory.create()])
    method = ShippingMethodFactory.create()
    email = UserFactory.create().email

    with redis_away() as url, running_shop(workers=1, REDIS_URL=url) as live:
        shop = Stopwatch(live)
        _browse(shop, product.slug)
        _log_in(shop, email)
        order = _buy(shop, product.id, method.id)
        shop.post(f"{order.pop('path')}/cancel/", 200, **order)

    assert {call: seconds for call, seconds in shop.seconds.items() if seconds > LONGEST_SECONDS} == {}
    waiting = OutboxEvent.objects.filter(relayed_at=None).values_list("name", flat=True)
    assert {"order.placed", "order.confirmed", "payment.succeeded", "order.cancelled"} <= set(waiting)
    assert breaches() == []

    a_while_later()

    assert OutboxDelivery.objects.exists()
    assert not OutboxDelivery.objects.filter(done_at=None).exists()
    assert Refund.objects.get().status == "succeeded"
    assert breaches() == []
