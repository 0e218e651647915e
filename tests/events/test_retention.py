"""Old events: dropped once everybody was told, and a reader that missed some is told so."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from common import outbox_retention
from common.models import DroppedEvents, OutboxDelivery, OutboxEvent, WebhookDelivery
from common.tasks import drop_old_events
from config.celery import SCHEDULE
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.events import endpoint_with_deliveries, placed_event

pytestmark = pytest.mark.django_db
URL = "/api/v1/events/"
OLD = timedelta(days=366)


@pytest.fixture
def reader(client_for: ApiClientFor) -> APIClient:
    return client_for(staff_user("common.read_outboxevent"))


def event(position: int, *, age: timedelta = OLD, name: str = "order.placed") -> OutboxEvent:
    made = placed_event(position=position, name=name)
    OutboxEvent.objects.filter(pk=made.pk).update(created_at=timezone.now() - age)
    return made


def left() -> list[int]:
    return [position for position in OutboxEvent.objects.order_by("id").values_list("position", flat=True) if position]


def test_what_is_old_and_told_goes_with_its_deliveries() -> None:
    old, new = event(1), event(2, age=timedelta(days=364))
    for each in (old, new):
        OutboxDelivery.objects.create(event=each, subscriber="x", done_at=timezone.now())
    endpoint_with_deliveries(done_at=timezone.now())

    drop_old_events()

    assert left() == [2]
    assert OutboxDelivery.objects.get().event == new
    assert WebhookDelivery.objects.get().event == new
    dropped = DroppedEvents.objects.get()
    assert (dropped.name, dropped.up_to, dropped.count) == ("order.placed", 1, 1)


def test_what_somebody_still_waits_for_stays() -> None:
    OutboxDelivery.objects.create(event=event(1), subscriber="x")
    endpoint_with_deliveries()
    OutboxEvent.objects.create(name="order.placed", resource="order:1")
    OutboxEvent.objects.update(created_at=timezone.now() - OLD)
    event(2)

    assert outbox_retention.drop_old_events() == 1
    assert left() == [1]
    assert OutboxEvent.objects.filter(position=None).count() == 1


def test_in_batches_with_as_many_statements_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_retention, "EVENTS_PER_BATCH", 2)
    for position in range(1, 6):
        event(position, name="order.placed" if position % 2 else "order.shipped")
    event(6, age=timedelta(0))

    assert outbox_retention.drop_old_events(seconds=0) == 0
    assert outbox_retention.drop_old_events() == 5

    assert left() == [6]
    assert dict(DroppedEvents.objects.values_list("name", "up_to")) == {"order.placed": 5, "order.shipped": 4}
    assert sum(DroppedEvents.objects.values_list("count", flat=True)) == 5


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"after": 0}, 200),
        ({"after": 1}, 410),
        ({"after": 3}, 200),
        ({"after": 1, "type": "order.shipped"}, 200),
        ({"before": 9}, 200),
    ],
)
def test_a_reader_that_missed_some_is_told(reader: APIClient, asked: dict[str, Any], status: int) -> None:
    for position in (1, 2, 3):
        event(position)
    event(4, age=timedelta(0))
    event(5, age=timedelta(0), name="order.shipped")
    drop_old_events()

    answer = reader.get(URL, asked)

    assert answer.status_code == status
    if status == 410:
        assert answer.json()["code"] == "events_dropped"
    else:
        assert answer.json()["results"][-1]["id"] == 5


def test_the_end_of_what_stays_inside_is_no_loss(reader: APIClient) -> None:
    event(1, age=timedelta(days=400))
    event(2, name="account.link_requested")
    drop_old_events()
    DroppedEvents.objects.filter(name="order.placed").update(up_to=1)

    assert reader.get(URL, {"after": 1}).status_code == 200


def test_is_scheduled() -> None:
    assert SCHEDULE["drop-old-events"]["task"] == drop_old_events.name
