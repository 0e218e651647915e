"""The outbox: written with the change, delivered once per subscriber, tried again after a failure."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from common import outbox
from common.models import OutboxDelivery, OutboxEvent
from common.outbox import Event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_subscribers", {})


def subscribe(monkeypatch: pytest.MonkeyPatch, **handlers: outbox.Handler) -> None:
    monkeypatch.setattr(outbox, "_subscribers", {"thing.made": dict(handlers)})


def test_each_subscriber_gets_the_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, Event]] = []
    subscribe(monkeypatch, a=lambda event: seen.append(("a", event)), b=lambda event: seen.append(("b", event)))
    outbox.emit("thing.made", resource="thing:1", colour="red")

    assert outbox.relay() == 2
    assert outbox.relay() == 0

    assert sorted(name for name, _ in seen) == ["a", "b"]
    assert seen[0][1].resource == "thing:1"
    assert seen[0][1].payload == {"colour": "red"}


def test_event_without_subscribers_is_relayed_to_nobody() -> None:
    outbox.emit("thing.ignored", resource="thing:1")

    assert outbox.relay() == 0
    assert OutboxEvent.objects.get().relayed_at is not None


def test_failed_handler_leaves_no_trace_and_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(event: Event) -> None:
        Group.objects.create(name="half done")
        raise ValueError("not yet")

    subscribe(monkeypatch, a=fail)
    outbox.emit("thing.made", resource="thing:1")

    assert outbox.relay() == 0
    assert Group.objects.count() == 0
    delivery = OutboxDelivery.objects.get()
    assert (delivery.attempts, delivery.last_error) == (1, "ValueError: not yet")
    assert delivery.next_attempt_at > timezone.now()
    assert outbox.relay() == 0

    subscribe(monkeypatch, a=lambda event: None)
    OutboxDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))

    assert outbox.relay() == 1


def test_one_failing_subscriber_does_not_stop_another(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def fail(event: Event) -> None:
        raise ValueError

    subscribe(monkeypatch, a=fail, b=lambda event: seen.append(event.id))
    outbox.emit("thing.made", resource="thing:1")

    assert outbox.relay() == 1
    assert len(seen) == 1


def test_emit_needs_a_transaction() -> None:
    was, connection.in_atomic_block = connection.in_atomic_block, False
    try:
        with pytest.raises(RuntimeError):
            outbox.emit("thing.made", resource="thing:1")
    finally:
        connection.in_atomic_block = was
