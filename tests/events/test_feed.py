"""GET events/: every event that leaves the shop exactly once and in order, however its transaction went."""

import random
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from common import feed, outbox
from common.models import OutboxEvent
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user

URL = "/api/v1/events/"


def emit(resource: str = "order:1", name: str = "order.placed", **payload: Any) -> None:
    with transaction.atomic():
        outbox.emit(name, resource=resource, **payload)


def happened(count: int) -> None:
    for number in range(count):
        emit(f"order:{number}", order_id=number)
    outbox.relay()


@pytest.fixture
def reader(db: None, client_for: ApiClientFor) -> APIClient:
    return client_for(staff_user("common.read_outboxevent"))


def resources(client: APIClient, **parameters: Any) -> list[str]:
    """What a program that pages to the end gets."""
    address, found = URL, []
    while address:
        body = client.get(address, parameters if address == URL else None).json()
        found += [event["resource"] for event in body["results"]]
        address = body["next"]
    return found


def test_an_event_tells_what_may_be_told(reader: APIClient) -> None:
    emit("order:AB12", order_id=7, order_number="AB12", email="ada@example.com")
    outbox.relay()

    response = reader.get(URL)

    event = OutboxEvent.objects.get()
    assert response.json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": event.position,
                "type": "order.placed",
                "resource": "order:AB12",
                "at": event.created_at.isoformat().replace("+00:00", "Z"),
                "data": {"order_id": 7, "order_number": "AB12"},
            }
        ],
    }
    assert response["Cache-Control"] == "private, no-cache"


def test_what_is_not_for_outside_stays_inside(reader: APIClient) -> None:
    emit("one_time_token:1", "account.link_requested", token_id=1)
    emit("sign_ins", "account.sign_in_alarm")
    outbox.relay()

    assert reader.get(URL).json()["results"] == []
    assert reader.get(URL, {"type": "account.link_requested"}).json()["errors"][0]["field"] == "type"


def test_pages_forwards_and_backwards(reader: APIClient) -> None:
    happened(5)

    first = reader.get(URL, {"page_size": 2}).json()
    second = reader.get(first["next"]).json()
    third = reader.get(second["next"]).json()

    shown = [[event["resource"] for event in page["results"]] for page in (first, second, third)]
    assert shown == [["order:0", "order:1"], ["order:2", "order:3"], ["order:4"]]
    assert (first["previous"], third["next"]) == (None, None)
    assert reader.get(third["previous"]).json()["results"] == second["results"]
    assert reader.get(second["previous"]).json()["results"] == first["results"]
    assert reader.get(reader.get(third["previous"]).json()["next"]).json()["results"] == third["results"]


def test_after_the_last_comes_only_what_is_new(reader: APIClient) -> None:
    happened(3)
    last = reader.get(URL).json()["results"][-1]["id"]
    assert reader.get(URL, {"after": last}).json()["results"] == []

    emit("order:new")
    outbox.relay()

    assert resources(reader, after=last) == ["order:new"]


def test_by_type(reader: APIClient) -> None:
    emit("order:1", "order.placed")
    emit("product:1", "product.deactivated")
    emit("category:1", "category.deleted")
    outbox.relay()

    assert resources(reader, type="category.deleted") == ["category:1"]
    assert resources(reader, type=["category.deleted", "order.placed"], page_size=1) == ["order:1", "category:1"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"after": "x"}, "after"),
        ({"after": -1}, "after"),
        ({"after": 2**63}, "after"),
        ({"after": 1, "before": 2}, "before"),
        ({"type": "no.such"}, "type"),
        ({"page_size": 101}, "page_size"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_what_cannot_be_asked(reader: APIClient, parameters: dict[str, Any], field: str) -> None:
    response = reader.get(URL, parameters)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.django_db
def test_an_event_that_another_release_relayed_gets_its_place_and_no_second_delivery() -> None:
    emit()
    OutboxEvent.objects.update(relayed_at="2026-01-01T00:00:00Z")

    outbox.relay()

    event = OutboxEvent.objects.get()
    assert event.position is not None
    assert event.relayed_at is not None
    assert event.relayed_at.year == 2026
    assert event.relayed_at.month == 1
    assert event.deliveries.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_an_event_with_a_lower_id_that_commits_later_is_not_missed() -> None:
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            outbox.emit("order.placed", resource="order:slow")
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    emit("order:quick")
    outbox.relay()
    first = feed.read(size=10)
    go_on.set()
    thread.join()
    outbox.relay()
    second = feed.read(size=10, after=first.events[-1].id)

    assert [event.resource for event in first.events] == ["order:quick"]
    assert [event.resource for event in second.events] == ["order:slow"]
    by_id = list(OutboxEvent.objects.order_by("id").values_list("resource", flat=True))
    assert by_id == ["order:slow", "order:quick"]  # by ids it would have been missed


def write_at_random(seed: int, transactions: int) -> None:
    """Transactions of one to five events, that hold their ids for a while, of which one in five is given up."""
    chance = random.Random(seed)
    for number in range(transactions):
        with transaction.atomic():
            for part in range(chance.randint(1, 5)):
                outbox.emit("order.placed", resource=f"order:{seed}-{number}-{part}")
            threading.Event().wait(chance.random() * 0.01)
            transaction.set_rollback(chance.random() < 0.2)
    connection.close()


def read_on(seen: list[tuple[int, str]]) -> None:
    """Read what is new, in pages of seven, until nothing is."""
    while page := feed.read(size=7, after=seen[-1][0] if seen else 0).events:
        seen += [(event.id, event.resource) for event in page]


def exactly_once(*, writers: int, transactions: int) -> int:
    """Write, relay in twos and read at the same time; returns how many events were read, each exactly once."""
    done, seen = threading.Event(), list[tuple[int, str]]()

    def relay() -> None:
        while not done.is_set():
            outbox.relay()
        connection.close()

    def read() -> None:
        while not done.is_set():
            read_on(seen)
        connection.close()

    writing = [threading.Thread(target=write_at_random, args=(seed, transactions)) for seed in range(writers)]
    others = [threading.Thread(target=each) for each in (relay, relay, read)]
    for thread in (*writing, *others):
        thread.start()
    for thread in writing:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    outbox.relay()
    late = list[tuple[int, str]]()
    read_on(late)  # after a day's absence
    read_on(seen)

    written = sorted(OutboxEvent.objects.values_list("resource", flat=True))
    assert sorted(resource for _, resource in seen) == written
    assert [place for place, _ in seen] == sorted({place for place, _ in seen})
    assert late == seen
    return len(seen)


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_a_reader_among_writers_gets_each_event_exactly_once() -> None:
    assert exactly_once(writers=4, transactions=25) > 100


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_a_reader_among_many_writers_gets_each_event_exactly_once() -> None:
    assert exactly_once(writers=12, transactions=400) > 5_000
