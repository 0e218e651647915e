"""Many events to a receiver that fails one time in three and sleeps one in ten, the senders killed on the way."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from django.db import transaction

from common import feed, outbox
from common.models import WebhookDelivery
from common.webhooks import endpoints
from config.environment import CHECKOUT
from tests.events.receiver import Receiver, in_order, receiving
from tests.live import database_environment


def unreliable(seed: int) -> Any:
    """One answer in three is 500, one in ten takes its time; some of these are given up by the sender."""
    chance, lock = random.Random(seed), threading.Lock()

    def answering(event: dict[str, Any]) -> int:
        with lock:
            fails, sleeps, longer = chance.random() < 1 / 3, chance.random() < 1 / 10, chance.random() < 1 / 100
        if sleeps:
            time.sleep(3 if longer else 0.05)
        return 500 if fails else 200

    return answering


def start_sender() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.proofs.sending"],
        cwd=CHECKOUT,
        env={**os.environ, **database_environment()},
    )


def deliver(receiver: Receiver, *, events: int, resources: int, kills: int) -> None:
    """Emit, and send by two processes, of which one after the other is killed and replaced; looks at what came."""
    endpoints.add_endpoint(url=receiver.url)
    for first in range(0, events, 500):
        with transaction.atomic():
            for number in range(first, min(first + 500, events)):
                outbox.emit("order.placed", resource=f"order:{number % resources}", order_id=number)
        outbox.relay()
    senders = [start_sender(), start_sender()]
    for part in range(1, kills + 1):
        _wait_until_taken(receiver, events * part // (kills + 1))
        doomed = senders.pop(0)
        doomed.send_signal(signal.SIGKILL)
        doomed.wait()
        senders.append(start_sender())
    assert [sender.wait(600) for sender in senders] == [0, 0]

    assert WebhookDelivery.objects.filter(done_at=None).count() == 0
    _look_at(receiver, events)


def _wait_until_taken(receiver: Receiver, count: int) -> None:
    end = time.monotonic() + 300
    while len(receiver.attempts) < count:
        assert time.monotonic() < end, "nothing is sent"
        time.sleep(0.01)


def _look_at(receiver: Receiver, events: int) -> None:
    taken = receiver.taken()
    told: list[int] = []
    while page := feed.read(size=100, after=told[-1] if told else 0).events:
        told += [event.id for event in page]
    assert len(told) == events
    assert sorted({event["id"] for event in taken}) == told
    assert in_order([(event["resource"], event["id"]) for event in taken])
    assert len(receiver.attempts) - len(taken) > events / 4  # it did fail


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_some_events_to_an_unreliable_receiver() -> None:
    with receiving(unreliable(1)) as receiver:
        deliver(receiver, events=120, resources=25, kills=1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_ten_thousand_events_to_an_unreliable_receiver() -> None:
    with receiving(unreliable(2)) as receiver:
        deliver(receiver, events=10_000, resources=800, kills=5)


@pytest.mark.parametrize(
    ("came", "is_right"),
    [([("a", 1), ("b", 2), ("a", 3)], True), ([("a", 3), ("a", 1)], False), ([("a", 1), ("a", 3), ("a", 1)], True)],
)
def test_disorder_is_seen(came: list[tuple[str, int]], is_right: bool) -> None:
    assert in_order(came) is is_right
