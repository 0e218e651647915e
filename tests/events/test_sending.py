"""Events to webhooks: signed, each at least once, in the order of each resource, later where they failed."""

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from common import feed, outbox
from common.models import Mail, OutboxEvent, WebhookDelivery, WebhookEndpoint
from common.tasks import drop_old_webhook_deliveries
from common.webhooks import endpoints, fan_out, outcomes
from common.webhooks.claiming import claim
from common.webhooks.fan_out import Wanted
from common.webhooks.outcomes import Outcome, record
from common.webhooks.sending import attempt, send_due
from tests.events.receiver import Receiver, is_signed
from tests.scripted_server import answer, scripted_server

pytestmark = pytest.mark.django_db


def emit(*resources: str, name: str = "order.placed") -> None:
    with transaction.atomic():
        for resource in resources:
            outbox.emit(name, resource=resource, order_id=1)
    outbox.relay()


def endpoint_at(url: str, **fields: Any) -> tuple[WebhookEndpoint, str]:
    return endpoints.add_endpoint(url=url, **fields)


def later(**span: float) -> None:
    """As if so much time had passed for everything that waits."""
    by = timedelta(**span)
    for delivery in WebhookDelivery.objects.filter(done_at=None):
        delivery.next_attempt_at -= by
        delivery.save()
    for endpoint in WebhookEndpoint.objects.exclude(resting_until=None):
        endpoint.resting_until = endpoint.resting_until and endpoint.resting_until - by
        endpoint.save()


def test_an_event_comes_signed_and_as_the_feed_tells_it(receiver: Receiver) -> None:
    _, secret = endpoint_at(receiver.url)
    emit("order:ü")

    assert send_due() == 1
    assert send_due() == 0

    ((_, headers, body),) = receiver.attempts
    (told,) = feed.read(size=10).events
    assert json.loads(body) == {
        "id": told.id,
        "type": "order.placed",
        "resource": "order:ü",
        "at": told.at.isoformat().replace("+00:00", "Z"),
        "data": {"order_id": 1},
    }
    assert headers["Webhook-Id"] == str(told.id)
    assert abs(int(headers["Webhook-Timestamp"]) - time.time()) < 10
    assert headers["Content-Type"] == "application/json"
    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + b" ")
    assert not is_signed(secret, {**headers, "Webhook-Timestamp": "1"}, body)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.attempts, delivery.failures, delivery.last_status, delivery.last_error) == (1, 0, 200, "")
    assert delivery.done_at is not None


def test_only_wanted_types_to_active_endpoints(receiver: Receiver) -> None:
    endpoint_at(receiver.url, types=["category.deleted"])
    endpoint_at(receiver.url, is_active=False)
    emit("order:1")
    emit("category:1", name="category.deleted")
    emit("one_time_token:1", name="account.link_requested")

    send_due()

    assert receiver.resources() == ["category:1"]
    assert WebhookDelivery.objects.count() == 1


def test_while_a_secret_is_renewed_both_sign(receiver: Receiver, settings: Settings) -> None:
    endpoint, first = endpoint_at(receiver.url)
    _, second = endpoints.rotate_secret(endpoint_id=endpoint.pk)
    emit("order:1")
    send_due()
    WebhookEndpoint.objects.update(former_secret_until=timezone.now())
    emit("order:2")
    send_due()

    during, after = ((headers, body) for _, headers, body in receiver.attempts)
    assert [is_signed(each, *during) for each in (first, second)] == [True, True]
    assert [is_signed(each, *after) for each in (first, second)] == [False, True]


def test_a_secret_that_cannot_be_read_any_more_is_a_failure_that_says_so(
    receiver: Receiver, settings: Settings
) -> None:
    endpoint_at(receiver.url)
    emit("order:1")
    settings.SECRET_KEY = "another"

    send_due()

    assert receiver.attempts == []
    assert "SECRET_KEY" in WebhookDelivery.objects.get().last_error


def test_a_failed_event_holds_back_its_own_resource_only(receiver: Receiver) -> None:
    failing = {"order:1"}
    receiver.answering = lambda event: 500 if event["resource"] in failing else 200
    endpoint_at(receiver.url)
    emit("order:1", "order:2", "order:1", "order:2", "order:1")

    send_due()
    assert receiver.resources() == ["order:2", "order:2"]
    assert len(receiver.attempts) == 3
    failing.clear()
    send_due()
    assert len(receiver.attempts) == 3  # it is not time yet
    later(seconds=10)
    send_due()

    assert receiver.resources() == ["order:2", "order:2", "order:1", "order:1", "order:1"]
    ids = [event["id"] for event in receiver.taken() if event["resource"] == "order:1"]
    assert ids == sorted(ids)


@pytest.mark.parametrize(("failures", "least", "most"), [(1, 1, 3), (2, 2, 6), (5, 16, 48), (30, 1_800, 5_400)])
def test_pauses_grow_and_differ(failures: int, least: float, most: float) -> None:
    pauses = {outcomes.pause(failures).total_seconds() for _ in range(50)}

    assert least <= min(pauses) < max(pauses) <= most
    assert len(pauses) > 40


@pytest.mark.parametrize("status", [301, 302, 400, 404, 410, 500])
def test_whatever_is_not_2xx_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.answering = lambda event: status
    endpoint_at(receiver.url)
    emit("order:1")

    send_due()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.failures, delivery.last_status, delivery.done_at) == (1, status, None)
    assert delivery.last_error == f"the server answers {status}"
    assert len(receiver.attempts) == 1


def test_redirects_are_not_followed(loopback_allowed: None, receiver: Receiver) -> None:
    with scripted_server(answer(b"", status="307 Temporary Redirect", Location=receiver.url)) as server:
        endpoint_at(server.url())
        emit("order:1")
        send_due()

    assert (len(server.requests), receiver.attempts) == (1, [])


@pytest.mark.usefixtures("loopback_allowed")
def test_a_silent_receiver_is_left_in_time(settings: Settings) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.3

    with scripted_server(lambda connection, request: time.sleep(2)) as server:
        endpoint_at(server.url())
        emit("order:1")
        began = time.monotonic()
        send_due()
        assert time.monotonic() - began < 1.5

    assert WebhookDelivery.objects.get().last_error == "the server is too slow"


def test_an_address_that_leads_inside_by_now_is_not_called(receiver: Receiver, settings: Settings) -> None:
    endpoint_at(receiver.url)
    emit("order:1")
    settings.REMOTE_FILES_ALSO_FROM = ()

    send_due()

    assert receiver.attempts == []
    assert WebhookDelivery.objects.get().last_error == "127.0.0.1 is not on the public internet"


def test_plain_http_is_not_called(receiver: Receiver, settings: Settings) -> None:
    endpoint_at(receiver.url)
    emit("order:1")
    settings.WEBHOOK_SCHEMES = ("https",)

    send_due()

    assert receiver.attempts == []


def test_paused_after_failures_in_a_row_told_once_and_resumed(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_PAUSE_AFTER = 5
    settings.STAFF_NOTIFY_EMAILS = ["staff@example.com"]
    receiver.answering = lambda event: 503
    endpoint, _ = endpoint_at(receiver.url, types=["order.placed"], description="Books")
    emit("order:1", "order:2", "order:3")

    for _ in range(10):
        send_due()
        later(hours=2)

    endpoint.refresh_from_db()
    assert endpoint.paused_at is not None
    assert endpoint.paused_reason == "5 attempts in a row failed: the server answers 503"
    assert len(receiver.attempts) == 5
    assert [mail.subject for mail in Mail.objects.all()] == [f"Webhook {endpoint.pk} is paused"]
    assert OutboxEvent.objects.filter(name="webhook.paused", payload={"webhook_id": endpoint.pk}).count() == 1

    emit("order:4")  # waits with the others
    receiver.answering = lambda event: 200
    send_due()
    assert len(receiver.attempts) == 5
    endpoints.resume_endpoint(endpoint_id=endpoint.pk)
    send_due()

    assert sorted(receiver.resources()) == ["order:1", "order:2", "order:3", "order:4"]
    assert WebhookEndpoint.objects.filter(failures=0, paused_at=None, resting_until=None).exists()


def test_one_event_that_is_never_taken_pauses_too(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_PAUSE_AFTER = 3
    receiver.answering = lambda event: 400 if event["resource"] == "order:bad" else 200
    endpoint, _ = endpoint_at(receiver.url)
    emit("order:bad")

    for number in range(6):
        emit(f"order:{number}")
        send_due()
        later(hours=2)

    endpoint.refresh_from_db()
    assert endpoint.paused_reason.endswith("failed 3 times: the server answers 400")


def test_an_endpoint_that_fails_is_left_in_peace_and_then_probed_by_one(receiver: Receiver) -> None:
    receiver.answering = lambda event: 503
    endpoint_at(receiver.url)
    emit(*(f"order:{number}" for number in range(12)))

    send_due()
    first = len(receiver.attempts)
    send_due()
    assert first in range(3, 7)
    assert len(receiver.attempts) == first
    later(minutes=10)
    send_due()

    assert len(receiver.attempts) == first + 1


def test_an_event_delivered_again_by_its_id(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url, types=["product.activated"])
    emit("order:1")  # of a type that the endpoint does not take by itself
    (told,) = feed.read(size=1).events

    for _ in range(2):
        assert fan_out.deliver_again(endpoint_id=endpoint.pk, wanted=Wanted(event=told.id)) == 1
        send_due()

    assert [event["id"] for event in receiver.taken()] == [told.id] * 2
    assert WebhookDelivery.objects.get().attempts == 2


@pytest.mark.parametrize("by", ["event", "time"])
def test_all_delivered_again_from_a_point_on_in_order(receiver: Receiver, by: str) -> None:
    emit("order:1", "order:2")
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(days=2))
    endpoint, _ = endpoint_at(receiver.url, types=["order.placed"])
    emit("order:1", "order:1", "order:2")
    emit("product:1", name="product.activated")
    send_due()
    told = feed.read(size=10).events
    wanted = {"event": Wanted(from_event=told[1].id), "time": Wanted(since=timezone.now() - timedelta(days=1))}[by]

    count = fan_out.deliver_again(endpoint_id=endpoint.pk, wanted=wanted)
    send_due()

    assert count == {"event": 4, "time": 3}[by]
    again = [event["id"] for event in receiver.taken()][3:]
    assert sorted(again) == [each.id for each in told[1 if by == "event" else 2 : 5]]
    ones = [event["id"] for event in receiver.taken()[3:] if event["resource"] == "order:1"]
    assert ones == sorted(ones)


def test_what_is_asked_for_again_while_it_is_sent_is_sent_again(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url)
    emit("order:1")
    (parcel,) = claim(most=5)
    fan_out.deliver_again(endpoint_id=endpoint.pk, wanted=Wanted(from_event=1))

    record(parcel, attempt(parcel))
    send_due()

    assert receiver.resources() == ["order:1", "order:1"]


def test_a_sender_that_died_leaves_its_event_to_others_and_tells_nothing_late(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    emit("order:1", "order:1")
    (dead,) = claim(most=5)

    assert send_due() == 0  # leased, and the second waits for the first
    later(minutes=3)
    assert send_due() == 2
    record(dead, Outcome(None, "too late"))

    assert receiver.resources() == ["order:1", "order:1"]
    assert set(WebhookDelivery.objects.values_list("failures", "last_error")) == {(0, "")}


def test_old_deliveries_go(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_RETENTION_DAYS = 30
    endpoint_at(receiver.url)
    emit("order:1", "order:2")
    send_due()
    old = timezone.now() - timedelta(days=31)
    WebhookDelivery.objects.filter(resource="order:1").update(done_at=old)
    endpoint_at(receiver.url)
    emit("order:3")
    OutboxEvent.objects.filter(resource="order:3").update(created_at=old)

    drop_old_webhook_deliveries()
    assert sorted(WebhookDelivery.objects.values_list("resource", flat=True)) == ["order:2", "order:3", "order:3"]
    WebhookEndpoint.objects.update(paused_at=old, paused_reason="it failed")
    drop_old_webhook_deliveries()

    assert list(WebhookDelivery.objects.values_list("resource", flat=True)) == ["order:2"]


def test_removing_an_endpoint_takes_its_deliveries_along(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url)
    emit("order:1")
    (parcel,) = claim(most=5)

    endpoints.remove_endpoint(endpoint_id=endpoint.pk)
    record(parcel, Outcome(500, "the server answers 500"))
    record(parcel, Outcome(200))

    assert (WebhookDelivery.objects.count(), OutboxEvent.objects.count()) == (0, 1)


def slowly(event: dict[str, Any]) -> int:
    time.sleep(0.002)
    return 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_two_senders_at_once_send_each_event_once_and_in_order(receiver: Receiver) -> None:
    receiver.answering = slowly
    endpoint_at(receiver.url)
    emit(*(f"order:{number % 7}" for number in range(60)))

    def run() -> None:
        while WebhookDelivery.objects.filter(done_at=None).exists():
            send_due()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    taken = receiver.taken()
    assert sorted(event["id"] for event in taken) == [each.id for each in feed.read(size=100).events]
    for number in range(7):
        ids = [event["id"] for event in taken if event["resource"] == f"order:{number}"]
        assert ids == sorted(ids)
