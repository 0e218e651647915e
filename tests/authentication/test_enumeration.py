"""Nobody learns who has an account: status, body, headers, statements and hashes are the same for any address.

The times are compared too, by samples taken in turns, in a slow proof.
"""

import random
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from products.models import Product
from shipping.models import ShippingMethod
from tests.conftest import ApiClientFor
from tests.factories.authentication import PASSWORD, UserFactory
from tests.factories.orders import ADDRESS
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory

pytestmark = pytest.mark.django_db

KNOWN, UNKNOWN = "known@example.com", "nobody@example.com"
SAMPLES = 200
# The distance of the medians, as a part of the time itself; beside it, how often one sample may beat the other.
MOST_DIFFERENCE = 0.10
MOST_SUPERIORITY = 0.10
OWN_HEADERS = {"X-Request-ID", "Server-Timing"}

# What of an order is not its own alone.
SHOWN = ("status", "subtotal", "discount", "shipping_cost", "tax", "total", "currency", "payments")

Ask = Callable[[str], Any]
FLOWS = ["login", "reset", "email change", "register", "guest checkout"]


@pytest.fixture
def asks(client_for: ApiClientFor, settings: Settings) -> dict[str, Ask]:
    """What to ask with an address, by flow; every call is a caller of its own."""
    settings.EMAIL_VERIFICATION = "mandatory"
    UserFactory.create(email=KNOWN)
    mover = client_for(UserFactory.create())
    product, method = ProductFactory.create(stock=100_000), ShippingMethodFactory.create()

    def post(path: str, **body: Any) -> Any:
        return APIClient().post(f"/api/v1/{path}", body)

    return {
        "login": lambda email: post("auth/token/", email=email, password="a-wrong-guess-1"),
        "reset": lambda email: post("auth/password/reset/", email=email),
        "email change": lambda email: mover.post("/api/v1/auth/email/change/", {"email": email, "password": PASSWORD}),
        "register": lambda email: post("auth/register/", email=email, password=PASSWORD),
        "guest checkout": lambda email: checkout(product, method, email),
    }


def checkout(product: Product, method: ShippingMethod, email: str) -> Any:
    guest = APIClient()
    token = guest.post("/api/v1/cart/items/", {"product": product.pk, "quantity": 1}).json()["token"]
    body = {"shipping_address": ADDRESS, "shipping_method": method.pk, "email": email}
    began = time.perf_counter()
    answer: Any = guest.post("/api/v1/checkout/", body, headers={"X-Cart-Token": token})
    answer.took = time.perf_counter() - began
    return answer


def hidden(body: dict[str, Any]) -> dict[str, Any]:
    """The body without the request's own id."""
    return {name: value for name, value in body.items() if name != "request_id"}


def told(ask: Ask, email: str) -> dict[str, Any]:
    """All that the caller can see, and what the answer cost."""
    with (
        CaptureQueriesContext(connection) as captured,
        mock.patch.object(hashers.MD5PasswordHasher, "encode", autospec=True, return_value="md5$a$b") as encoded,
    ):
        answer = ask(email)
    body = answer.json()
    return {
        "status": answer.status_code,
        "body": {name: body[name] for name in SHOWN if name in body} if "order_number" in body else hidden(body),
        "fields": sorted(body),
        "headers": sorted((k, v) for k, v in answer.items() if k not in OWN_HEADERS | {"Content-Length", "ETag"}),
        "statements": [query["sql"].split(" ")[0] for query in captured.captured_queries],
        "hashes": encoded.call_count,
    }


@pytest.mark.parametrize("flow", FLOWS)
def test_a_known_address_is_answered_like_an_unknown_one(asks: dict[str, Ask], flow: str) -> None:
    told(asks[flow], "warm@example.com")

    assert told(asks[flow], KNOWN) == told(asks[flow], UNKNOWN)


def superiority(left: list[float], right: list[float]) -> float:
    """How far the chance that one of `left` is longer than one of `right` lies from one half (Mann-Whitney's U)."""
    wins = sum((a > b) + (a == b) / 2 for a in left for b in right)
    return abs(wins / (len(left) * len(right)) - 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("flow", FLOWS)
def test_the_time_tells_nothing(asks: dict[str, Ask], flow: str) -> None:
    """Who takes turns meets the same load; the order within each turn is drawn by lot."""
    lot = random.Random(2023)
    taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for turn in range(SAMPLES + 10):
        for email in lot.sample([KNOWN, UNKNOWN], 2):
            began = time.perf_counter()
            answer = asks[flow](email)
            took = getattr(answer, "took", time.perf_counter() - began)
            if turn >= 10:  # the first ones fill memories
                taken[email].append(took)

    known, unknown = (statistics.median(samples) for samples in taken.values())
    assert abs(known - unknown) / max(known, unknown) <= MOST_DIFFERENCE
    assert superiority(taken[KNOWN], taken[UNKNOWN]) <= MOST_SUPERIORITY
