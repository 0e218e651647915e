"""PostgreSQL refuses, or accepts and never answers: every door says 503 in time, and the shop recovers by itself."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from authentication.tokens import AccessToken
from common.postgresql.watch import PATIENCE_SECONDS
from config.processes import wait_until
from orders.models import Order
from payments.gateways import dummy_events
from tests.factories.authentication import PASSWORD, staff_user
from tests.factories.payments import breaches
from tests.faults.shopping import CARD, Placed, Stage, Stopwatch, browse, buy, order, pay, set_the_stage
from tests.faults.wires import Wire, wire_to
from tests.live import database_environment, running_shop
from tests.payments.webhooks import SECRET

CONNECT_SECONDS = 3.0  # settings: connect_timeout
RECOVERY_SECONDS = 10.0


def _ask_for_everything(shop: Stopwatch, stage: Stage, placed: Placed, bearer: str) -> None:
    """Each of the shop's doors, which must all say that they are closed for a moment."""
    event: dict[str, Any] = {"id": "evt_away", "type": "customer.created", "data": {}}
    signed = dummy_events.sign(body=json.dumps(event).encode(), secret=SECRET)
    staff = {"Authorization": f"Bearer {bearer}", "Idempotency_Key": uuid4().hex}
    answers = [
        shop.call("GET", "products/", 503),
        shop.call("GET", f"products/{stage.slug}/", 503),
        shop.call("POST", "cart/items/", 503, {"product": stage.product_id, "quantity": 1}),
        shop.call("POST", "auth/token/", 503, {"email": stage.email, "password": PASSWORD}),
        shop.call("GET", f"{placed.path}/", 503, **placed.secret),
        shop.call("POST", f"{placed.path}/payments/", 503, CARD, Idempotency_Key=uuid4().hex, **placed.secret),
        shop.call("POST", "payments/webhooks/dummy/", 503, event, Dummy_Signature=signed),
        shop.call("POST", "payments/1/refunds/", 503, {"amount": "1.00"}, **staff),
    ]
    for answer in answers:
        assert answer.body["code"] == "unavailable"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "fail", [pytest.param(Wire.cut, id="refused"), pytest.param(Wire.silence, id="silent", marks=pytest.mark.slow)]
)
def test_every_door_is_503_and_opens_again(transactional_db: None, fail: Callable[[Wire], None]) -> None:
    stage, bearer = set_the_stage(), str(AccessToken.for_user(staff_user("payments.add_refund")))
    url = urlsplit(database_environment()["DATABASE_URL"])
    assert url.port is not None

    with wire_to(url.port) as wire:
        through = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{wire.port}")).geturl()
        with running_shop(workers=1, DATABASE_URL=through) as live:
            shop = Stopwatch(live)
            placed = order(shop, stage)
            shop.seconds.clear()

            fail(wire)
            _ask_for_everything(shop, stage, placed, bearer)
            assert live.is_up()
            # Who was sent on with a connection that was open already waits until the silence is noticed.
            *others, longest = sorted(shop.seconds.values())
            assert max(others) < CONNECT_SECONDS + 1, shop.seconds
            assert longest < PATIENCE_SECONDS + CONNECT_SECONDS + 2, shop.seconds

            wire.heal()
            began = time.monotonic()
            assert wait_until(lambda: live.call("GET", "products/").status == 200, RECOVERY_SECONDS)
            assert time.monotonic() - began < RECOVERY_SECONDS
            browse(shop, stage)
            assert pay(shop, placed)["status"] == "succeeded"
            buy(shop, stage)

    assert Order.objects.count() == 2
    assert breaches() == []
