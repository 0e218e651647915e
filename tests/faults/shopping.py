"""What customers do while something of the shop is broken: every call with the answer it must get, and its time."""

import json
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.factories.authentication import PASSWORD, UserFactory
from tests.factories.orders import ADDRESS
from tests.factories.products import CategoryFactory, ProductFactory
from tests.factories.shipping import ShippingMethodFactory
from tests.live import ANSWER_SECONDS, Answer, LiveShop

CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


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


@dataclass(frozen=True)
class Stage:
    """What the shop has: a lamp, a way to ship it, a customer."""

    slug: str
    product_id: int
    method_id: int
    email: str


def set_the_stage() -> Stage:
    """A small shop, committed."""
    product = ProductFactory.create(name="Lamp", slug="lamp", stock=500, categories=[CategoryFactory.create()])
    method = ShippingMethodFactory.create()
    return Stage(product.slug, product.id, method.id, UserFactory.create().email)


@dataclass(frozen=True)
class Placed:
    """A guest's order."""

    path: str
    secret: dict[str, str]


def browse(shop: Stopwatch, stage: Stage) -> None:
    """The catalogue, by search, by product and by category."""
    assert shop.get("products/?q=lamp")["count"] == 1
    assert shop.get(f"products/{stage.slug}/")["slug"] == stage.slug
    assert len(shop.get("categories/")["results"]) == 1
    assert shop.shop.is_up()


def log_in(shop: Stopwatch, stage: Stage) -> None:
    """A customer signs in, mistypes, and stays signed in."""
    tokens = shop.post("auth/token/", 200, {"email": stage.email, "password": PASSWORD})
    shop.post("auth/token/", 401, {"email": stage.email, "password": "wrong"})
    tokens = shop.post("auth/token/refresh/", 200, {"refresh": tokens["refresh"]})
    assert shop.get("auth/me/", Authorization=f"Bearer {tokens['access']}")["email"] == stage.email


def order(shop: Stopwatch, stage: Stage) -> Placed:
    """A guest fills a cart and orders."""
    token = shop.post("cart/items/", 201, {"product": stage.product_id, "quantity": 2})["token"]
    assert shop.get("cart/", X_Cart_Token=token)["item_count"] == 2
    wish = {"shipping_address": ADDRESS, "shipping_method": stage.method_id, "email": "ada@example.com"}
    body = shop.post("checkout/", 201, wish, X_Cart_Token=token, Idempotency_Key=f"order-{token}")
    return Placed(f"orders/{body['order_number']}", {"X_Order_Token": body["access_token"]})


def pay(shop: Stopwatch, placed: Placed, expected: int = 201, card: Any = None) -> Any:
    """The guest pays; the body of the answer."""
    path = f"{placed.path}/payments/"
    return shop.post(path, expected, CARD if card is None else card, Idempotency_Key=uuid4().hex, **placed.secret)


def buy(shop: Stopwatch, stage: Stage) -> Placed:
    """An order that is paid."""
    placed = order(shop, stage)
    assert pay(shop, placed)["status"] == "succeeded"
    assert shop.get(f"{placed.path}/", **placed.secret)["status"] == "confirmed"
    return placed
