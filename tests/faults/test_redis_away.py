"""Redis refuses, or accepts and never answers: the shop sells on, no request waits for it, and events are kept."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from common.models import OutboxDelivery, OutboxEvent
from config.embedded import LOOPBACK, any_free_port
from payments.models import Refund
from tests.factories.payments import a_while_later, breaches
from tests.faults.shopping import Stopwatch, browse, buy, log_in, set_the_stage
from tests.live import running_shop

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


@pytest.mark.parametrize(
    "redis_away",
    [pytest.param(_refusing, id="refused"), pytest.param(_silent, id="silent", marks=pytest.mark.slow)],
)
def test_the_shop_sells_on(transactional_db: None, tasks_at_once: None, redis_away: Callable[[], Any]) -> None:
    stage = set_the_stage()

    with redis_away() as url, running_shop(workers=1, REDIS_URL=url) as live:
        shop = Stopwatch(live)
        browse(shop, stage)
        assert shop.readiness()["cache"]["status"] == "down"
        log_in(shop, stage)
        placed = buy(shop, stage)
        shop.post(f"{placed.path}/cancel/", 200, **placed.secret)

    assert {call: seconds for call, seconds in shop.seconds.items() if seconds > LONGEST_SECONDS} == {}
    waiting = OutboxEvent.objects.filter(relayed_at=None).values_list("name", flat=True)
    assert {"order.placed", "order.confirmed", "payment.succeeded", "order.cancelled"} <= set(waiting)
    assert breaches() == []

    a_while_later()

    assert OutboxDelivery.objects.exists()
    assert not OutboxDelivery.objects.filter(done_at=None).exists()
    assert Refund.objects.get().status == "succeeded"
    assert breaches() == []
