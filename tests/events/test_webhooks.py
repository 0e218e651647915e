"""webhooks/: staff name endpoints, see their secrets once, and have events sent again."""

import socket
from typing import Any

import pytest
from rest_framework.test import APIClient

from common import outbox
from common.models import WebhookDelivery, WebhookEndpoint
from common.webhooks import endpoints, signing
from common.webhooks.sending import send_due
from tests.conftest import ApiClientFor
from tests.events.receiver import Receiver
from tests.factories.authentication import staff_user

pytestmark = pytest.mark.django_db

URL = "/api/v1/webhooks/"
VERBS = [f"common.{verb}_webhookendpoint" for verb in ("view", "add", "change", "delete")]


@pytest.fixture
def staff(client_for: ApiClientFor) -> APIClient:
    return client_for(staff_user(*VERBS, "common.view_webhookdelivery"))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which address each host name stands for."""
    known = {"hooks.example": "93.184.215.14", "inside.example": "10.0.0.8"}

    def getaddrinfo(host: str, port: Any, *args: Any, **options: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.mark.usefixtures("names")
def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(staff: APIClient) -> None:
    body = {"url": "https://hooks.example/shop", "types": ["order.placed"], "description": "Books"}

    response = staff.post(URL, body)

    made = response.json()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    endpoint = WebhookEndpoint.objects.get()
    assert made == {
        **staff.get(f"{URL}{endpoint.pk}/").json(),
        "secret": signing.unseal(bytes(endpoint.secret)),
    }
    assert {name: made[name] for name in body} == body
    assert made["secret"].startswith("whsec_")
    assert made["secret"].encode() not in bytes(endpoint.secret)
    shown = staff.get(URL).json()["results"]
    assert "secret" not in shown[0]
    assert made["secret"] not in str(staff.get(f"{URL}{endpoint.pk}/").json())


@pytest.mark.usefixtures("names")
def test_repeated_with_its_key_it_is_made_once(staff: APIClient) -> None:
    answers = [
        staff.post(URL, {"url": "https://hooks.example/"}, headers={"Idempotency-Key": "one"}).json() for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example/", "bad_address"),
        ("https://user:word@hooks.example/", "bad_address"),
        ("ftp://hooks.example/", "bad_address"),
        ("hooks.example", "bad_address"),
        ("https://inside.example/", "private_address"),
        ("https://nobody.example/", "unknown_host"),
        ("https://hooks.example/a b", "bad_address"),
        ("", "blank"),
        ("https://hooks.example/" + "a" * 2_000, "max_length"),
        (None, "null"),
        (["https://hooks.example/"], "invalid"),
    ],
)
@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_an_address_that_leads_inside_or_nowhere_is_refused(staff: APIClient, method: str, url: Any, code: str) -> None:
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/")
    address = URL if method == "post" else f"{URL}{endpoint.pk}/"

    response = getattr(staff, method)(address, {"url": url})

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [("url", code)]
    assert list(WebhookEndpoint.objects.values_list("url", flat=True)) == ["https://hooks.example/"]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"types": ["no.such"]}, "types", "invalid"),
        ({"types": ["account.link_requested"]}, "types", "invalid"),
        ({"secret": "mine"}, "secret", "unknown_field"),
        ({"paused_at": None}, "paused_at", "unknown_field"),
    ],
)
def test_what_only_the_server_sets_is_refused(staff: APIClient, body: dict[str, Any], field: str, code: str) -> None:
    response = staff.post(URL, {"url": "https://hooks.example/", **body})

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [(field, code)]


@pytest.mark.usefixtures("names")
def test_changed_and_removed(staff: APIClient) -> None:
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/", types=["order.placed"])
    address = f"{URL}{endpoint.pk}/"

    changed = staff.patch(address, {"is_active": False, "types": []}).json()
    assert (changed["is_active"], changed["types"], changed["url"]) == (False, [], "https://hooks.example/")
    assert staff.delete(address).status_code == 204

    assert staff.get(address).status_code == 404
    assert WebhookEndpoint.objects.count() == 0


def test_a_secret_is_renewed(staff: APIClient) -> None:
    endpoint, first = endpoints.add_endpoint(url="https://hooks.example/")

    renewed = staff.post(f"{URL}{endpoint.pk}/rotate-secret/").json()

    endpoint.refresh_from_db()
    assert renewed["secret"] != first
    assert renewed["former_secret_until"] is not None
    assert endpoint.former_secret is not None
    kept = [signing.unseal(bytes(endpoint.secret)), signing.unseal(bytes(endpoint.former_secret))]
    assert kept == [renewed["secret"], first]


def test_sent_listed_and_sent_again(staff: APIClient, receiver: Receiver) -> None:
    endpoint, _ = endpoints.add_endpoint(url=receiver.url)
    for number in range(3):
        outbox.emit("order.placed", resource=f"order:{number}")
    outbox.relay()
    send_due()
    listed = staff.get(f"{URL}{endpoint.pk}/deliveries/", {"page_size": 2}).json()
    last = listed["results"][0]["event"]

    answers = [
        staff.post(f"{URL}{endpoint.pk}/deliver-again/", body).json()
        for body in ({"event": last}, {"from": last - 1}, {"from": str(last)}, {"from": "2026-01-01T00:00:00Z"})
    ]
    send_due()

    assert [each["resource"] for each in listed["results"]] == ["order:2", "order:1"]
    assert listed["results"][0]["type"] == "order.placed"
    assert listed["next"] is not None
    assert answers == [{"count": count} for count in (1, 2, 1, 3)]
    assert sorted(receiver.resources()) == ["order:0", "order:0", "order:1", "order:1", "order:2", "order:2"]
    assert WebhookDelivery.objects.filter(done_at=None).count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "from"),
        ({"event": 1, "from": 1}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30T00:00:00Z"}, "from"),
        ({"from": "2026-01-01T00:00:00"}, "from"),
        ({"event": 987}, "event"),
        ({"event": 0}, "event"),
        ({"since": 1}, "since"),
    ],
)
def test_what_cannot_be_sent_again(staff: APIClient, body: dict[str, Any], field: str) -> None:
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/")

    response = staff.post(f"{URL}{endpoint.pk}/deliver-again/", body)

    assert response.status_code == 400
    assert field in [error["field"] for error in response.json()["errors"]]


def test_too_many_at_once_are_refused(staff: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.webhooks.fan_out.MOST_AGAIN", 2)
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/")
    for number in range(3):
        outbox.emit("order.placed", resource=f"order:{number}")
    WebhookEndpoint.objects.update(is_active=False)
    outbox.relay()

    response = staff.post(f"{URL}{endpoint.pk}/deliver-again/", {"from": 1})

    assert (response.status_code, response.json()["code"]) == (409, "too_many_events")
    assert WebhookDelivery.objects.count() == 0


def test_resumed(staff: APIClient) -> None:
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/")
    WebhookEndpoint.objects.update(paused_at="2026-01-01T00:00:00Z", paused_reason="it failed", failures=15)

    body = staff.post(f"{URL}{endpoint.pk}/resume/").json()

    assert (body["paused_at"], body["paused_reason"], body["failures"]) == (None, "", 0)


@pytest.mark.parametrize("part", ["", "deliveries/"])
def test_what_does_not_exist_is_not_found(staff: APIClient, part: str) -> None:
    assert staff.get(f"{URL}999/{part}").status_code == 404


@pytest.mark.parametrize("part", ["deliver-again/", "resume/", "rotate-secret/"])
def test_nothing_is_done_to_what_does_not_exist(staff: APIClient, part: str) -> None:
    assert staff.post(f"{URL}999/{part}", {"from": 1} if part == "deliver-again/" else {}).status_code == 404
