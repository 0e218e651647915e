"""The statements of the hot writes, BEGIN and COMMIT included, against tests/contracts/write_counts.json.

A changed count fails and prints the statements; UPDATE_WRITE_COUNTS=1 writes the file anew, on purpose. The same
statements show that every write takes its locks in the one order of docs/decisions/locking.md.
"""

import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlparse
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common.locking import LOCK_ORDER
from payments.models import Payment
from tests.conftest import ApiClientFor
from tests.factories.authentication import AddressFactory, UserFactory
from tests.factories.orders import ADDRESS, CouponFactory, TaxRateFactory
from tests.factories.payments import order_worth, paid
from tests.factories.products import ProductFactory, VariationFactory
from tests.factories.shipping import ShippingRateFactory
from tests.payments.webhooks import charge_event, send

pytestmark = pytest.mark.django_db(transaction=True)

FILE = Path(__file__).with_name("write_counts.json")
COUNTS: dict[str, int] = json.loads(FILE.read_text()) if FILE.exists() else {}
CARD = {"payment_method": "dummy", "details": {"token": "tok_ok"}}
# A key is locked by the insert that claims it, which no twin gets past; its answer is written whenever it is known.
ORDERED = [table for table in LOCK_ORDER if table != "common_idempotencykey"]
Statements = dict[str, list[str]]


class Recorder:
    """Makes calls and keeps the statements of each under its name."""

    def __init__(self) -> None:
        self.statements: Statements = {}

    def call(self, name: str, request: Callable[[], Any], *, status: int = 201) -> Any:
        """The body that the call is answered with."""
        with CaptureQueriesContext(connection) as captured:
            response = request()
        assert response.status_code == status, f"{name}: {response.content}"
        texts = (query["sql"] for query in captured.captured_queries)
        self.statements[name] = [one for text in texts for one in sqlparse.split(text)]
        return response.json()


@pytest.fixture
def taken(client_for: ApiClientFor) -> Statements:
    """The statements of a guest's and of a user's way to a paid order, and of a webhook."""
    recorder = Recorder()
    TaxRateFactory.create()
    method = ShippingRateFactory.create().shipping_method_id
    _buy_as_guest(recorder, method)
    _buy_as_user(recorder, client_for, method)
    waiting = paid(order_worth("10.00"), "tok_pending")
    event = charge_event(waiting, "succeeded")
    recorder.call("webhook: a payment succeeded", lambda: send(APIClient(), event), status=200)
    recorder.call("webhook: the same again", lambda: send(APIClient(), event), status=200)
    return recorder.statements


def _buy_as_guest(recorder: Recorder, method: int) -> None:
    first, second = ProductFactory.create(stock=20), ProductFactory.create(stock=20)
    client = APIClient()
    add = recorder.call("cart: first thing", lambda: client.post("/api/v1/cart/items/", {"product": first.id}))
    cart = {"X-Cart-Token": add["token"]}
    for name, product in (("another thing", second), ("the same thing", second)):
        recorder.call(
            f"cart: {name}",
            partial(client.post, "/api/v1/cart/items/", {"product": product.id}, headers=cart),
        )
    wish = {"shipping_address": ADDRESS, "shipping_method": method, "email": "ada@example.com"}
    order = recorder.call("checkout: a guest, two lines", lambda: client.post("/api/v1/checkout/", wish, headers=cart))
    who = {"X-Order-Token": order["access_token"], "Idempotency-Key": "pay"}
    path = f"/api/v1/orders/{order['order_number']}/payments/"
    recorder.call("payment: by card", lambda: client.post(path, CARD, headers=who))
    recorder.call("payment: the same again", lambda: client.post(path, CARD, headers=who))
    assert Payment.objects.get().status == "succeeded"


def _buy_as_user(recorder: Recorder, client_for: ApiClientFor, method: int) -> None:
    """With all that a checkout can hold: variations, a coupon with a limit, saved addresses, a key."""
    user = UserFactory.create(first_name="Ada", last_name="Buyer")
    home, sized, coupon = (
        AddressFactory.create(user=user),
        VariationFactory.create(stock=20),
        CouponFactory.create(max_uses=5, max_uses_per_customer=1),
    )
    client = client_for(user)
    for name, goods in (
        ("a user's first thing", {"product": sized.product_id, "variation": sized.id}),
        ("a user's other thing", {"product": ProductFactory.create(stock=20).id}),
    ):
        recorder.call(f"cart: {name}", partial(client.post, "/api/v1/cart/items/", goods))
    recorder.call("cart: a coupon", lambda: client.post("/api/v1/cart/coupon/", {"code": coupon.code}), status=200)
    wish = {"shipping_address": home.id, "billing_address": home.id, "shipping_method": method}
    recorder.call(
        "checkout: a user, a coupon, a variation, a key",
        lambda: client.post("/api/v1/checkout/", wish, headers={"Idempotency-Key": "order"}),
    )


def test_every_write_takes_as_many_statements_as_the_file_says(taken: Statements) -> None:
    counts = {name: len(statements) for name, statements in taken.items()}

    if os.environ.get("UPDATE_WRITE_COUNTS"):
        FILE.write_text(json.dumps(counts, indent=2) + "\n")
        return
    changed = {name: statements for name, statements in taken.items() if len(statements) != COUNTS.get(name)}
    assert changed == {}
    assert counts == COUNTS


_LOCKING = re.compile(
    r"""^(?: UPDATE \s "?(?P<updated>\w+)
        | SELECT .*? FROM \s "?(?P<locked>\w+) .* FOR \s NO \s KEY \s UPDATE )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def _locked(statements: list[str]) -> list[str]:
    """The tables whose existing rows each statement locks, transaction by transaction split by COMMIT."""
    found = []
    for statement in statements:
        if statement.startswith("COMMIT"):
            found.append("COMMIT")
        elif match := _LOCKING.match(statement.strip()):
            found.append(match["updated"] or match["locked"])
    return found


def test_every_write_locks_in_the_one_order(taken: Statements) -> None:
    for name, statements in taken.items():
        reached: list[str] = []
        for table in _locked(statements):
            if table == "COMMIT":
                reached = []
            elif table in ORDERED and table not in reached:
                assert all(ORDERED.index(table) > ORDERED.index(one) for one in reached), (name, table, statements)
                reached.append(table)


def test_a_sale_locks_its_goods_last(taken: Statements) -> None:
    """So that whoever wants the same goods waits for one round trip and the commit."""
    tables = _locked(taken["checkout: a guest, two lines"])

    assert tables[-2:] == ["products_product", "COMMIT"]
