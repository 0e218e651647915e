"""The payment gateway refuses, or accepts and never answers: the shop sells on, and orders are paid later."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings

from authentication.tokens import AccessToken
from orders.models import Order
from payments.gateways import bulkhead
from payments.models import Payment, Refund
from tests.factories.authentication import staff_user
from tests.factories.payments import a_while_later, breaches
from tests.faults.shopping import Placed, Stage, Stopwatch, browse, buy, log_in, order, pay, set_the_stage
from tests.faults.wires import Wire, wire_to
from tests.live import LiveShop, running_shop
from tests.payments import stripe_server
from tests.payments.stripe_shop import event, refunds_at, signature

CARD = {"payment_method": "stripe", "details": {"payment_method": "pm_card_visa"}}
GATEWAY_SECONDS = 2.0  # PAYMENT_GATEWAY_TIMEOUT_SECONDS in these tests
# Of those that measure browsing meanwhile: long enough to tell a shop that waits for it from a machine that is busy.
LONG_GATEWAY_SECONDS = 5.0
WAITS_FROM_SECONDS = 3.0
_prefixes = count(1)


@pytest.fixture(scope="module")
def stripe() -> Iterator[stripe_server.StripeServer]:
    with stripe_server.running() as server:
        yield server


def _settings_of(server: stripe_server.StripeServer, address: str) -> dict[str, Any]:
    return {
        "STRIPE_SECRET_KEY": stripe_server.SECRET_KEY,
        "STRIPE_PUBLISHABLE_KEY": "pk_test_of_this_machine",
        "STRIPE_REFERENCE_PREFIX": f"faults{next(_prefixes)}",
        "STRIPE_API_BASE": address,
        "PAYMENT_GATEWAY_TIMEOUT_SECONDS": GATEWAY_SECONDS,
    }


@contextmanager
def _shop_behind(
    wire: Wire, server: stripe_server.StripeServer, settings: Settings, **variables: str
) -> Iterator[LiveShop]:
    """The shop, whose way to Stripe is the wire; the jobs of this test go the direct way."""
    chosen = _settings_of(server, f"http://127.0.0.1:{wire.port}")
    environment = {name: str(value) for name, value in chosen.items()}
    environment |= {"PAYMENT_GATEWAYS": "stripe,manual,dummy", "STRIPE_WEBHOOK_SECRETS": stripe_server.WEBHOOK_SECRET}
    for name, value in {**chosen, "STRIPE_API_BASE": server.address}.items():
        setattr(settings, name, value)
    settings.PAYMENT_GATEWAYS = ["stripe", "manual", "dummy"]
    settings.STRIPE_WEBHOOK_SECRETS = [stripe_server.WEBHOOK_SECRET]
    with running_shop(workers=1, **environment | variables) as live:  # type: ignore[arg-type]  # of no other parameter
        yield live


def _port_of(server: stripe_server.StripeServer) -> int:
    port = urlsplit(server.address).port
    assert port is not None
    return port


def _refund(shop: Stopwatch, payment_id: int, bearer: str) -> Any:
    path, key = f"payments/{payment_id}/refunds/", uuid4().hex
    return shop.post(path, 201, {"amount": "1.00"}, Idempotency_Key=key, Authorization=f"Bearer {bearer}")


def _hear(shop: Stopwatch) -> None:
    """A webhook that Stripe sends meanwhile."""
    body = json.dumps(event("customer.created", {"id": "cus_1", "object": "customer"})).encode()
    header = {"Stripe_Signature": signature(body)}
    shop.post("payments/webhooks/stripe/", 200, json.loads(body), **header)


@pytest.mark.parametrize(
    "fail", [pytest.param(Wire.cut, id="refused"), pytest.param(Wire.silence, id="silent", marks=pytest.mark.slow)]
)
def test_orders_are_kept_and_paid_later(
    transactional_db: None,
    tasks_at_once: None,
    stripe: stripe_server.StripeServer,
    settings: Settings,
    fail: Callable[[Wire], None],
) -> None:
    stage, cashier = set_the_stage(), str(AccessToken.for_user(staff_user("payments.add_refund")))
    with wire_to(_port_of(stripe)) as wire, _shop_behind(wire, stripe, settings) as live:
        shop = Stopwatch(live)
        before = order(shop, stage)
        captured = pay(shop, before, card=CARD)
        assert captured["status"] == "succeeded"

        fail(wire)
        shop.seconds.clear()
        browse(shop, stage)
        log_in(shop, stage)
        _hear(shop)
        waiting = order(shop, stage)
        assert pay(shop, waiting, card=CARD)["status"] == "unknown"
        assert _refund(shop, captured["id"], cashier)["status"] == "processing"
        buy(shop, stage)  # another gateway takes the money
        assert max(shop.seconds.values()) < GATEWAY_SECONDS + 1.5, shop.seconds

    bulkhead.forget()
    a_while_later()
    a_while_later()
    assert not Payment.objects.unanswered().exists()
    assert Refund.objects.get().status == "succeeded"
    assert len(refunds_at(stripe, Payment.objects.get(id=captured["id"]))) == 1
    assert set(Order.objects.values_list("status", flat=True)) <= {"pending", "confirmed"}
    assert breaches() == []


def _longest_transaction_seconds() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return float(cursor.fetchone()[0])


def _browsing_while_many_pay(live: LiveShop, stage: Stage) -> tuple[float, float, set[str]]:
    """The longest time of browsing while 16 payments hang, the oldest transaction, and what the payers heard."""
    shop = Stopwatch(live)
    orders: list[Placed] = [order(shop, stage) for _ in range(16)]

    def pay_for(placed: Placed) -> str:
        answer = live.post(f"{placed.path}/payments/", CARD, Idempotency_Key=uuid4().hex, **placed.secret)
        return str(answer.body.get("code", answer.body["status"]))

    with ThreadPoolExecutor(16) as pool:
        payers: list[Future[str]] = [pool.submit(pay_for, placed) for placed in orders]
        time.sleep(0.3)
        shop.seconds.clear()
        oldest, ends = 0.0, time.monotonic() + LONG_GATEWAY_SECONDS - 0.6
        while time.monotonic() < ends:
            browse(shop, stage)
            oldest = max(oldest, _longest_transaction_seconds())
        return max(shop.seconds.values()), oldest, {payer.result() for payer in payers}


@pytest.mark.slow
def test_browsing_goes_on_while_payments_hang(
    transactional_db: None, stripe: stripe_server.StripeServer, settings: Settings
) -> None:
    stage = set_the_stage()
    timeout = {"PAYMENT_GATEWAY_TIMEOUT_SECONDS": str(LONG_GATEWAY_SECONDS)}
    with wire_to(_port_of(stripe)) as wire, _shop_behind(wire, stripe, settings, **timeout) as live:
        wire.silence()
        longest, oldest, heard = _browsing_while_many_pay(live, stage)

    assert longest < WAITS_FROM_SECONDS
    assert oldest < WAITS_FROM_SECONDS
    assert heard == {"unknown", "payment_method_unavailable"}


@pytest.mark.slow
def test_browsing_would_stop_if_any_number_might_wait(
    transactional_db: None, stripe: stripe_server.StripeServer, settings: Settings
) -> None:
    stage = set_the_stage()
    timeout = {"PAYMENT_GATEWAY_TIMEOUT_SECONDS": str(LONG_GATEWAY_SECONDS)}
    with (
        wire_to(_port_of(stripe)) as wire,
        _shop_behind(wire, stripe, settings, PAYMENT_GATEWAY_PLACES="1000", **timeout) as live,
    ):
        wire.silence()
        longest, _, heard = _browsing_while_many_pay(live, stage)

    assert longest > WAITS_FROM_SECONDS
    assert "unknown" in heard
