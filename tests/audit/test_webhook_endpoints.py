"""Changes of webhook endpoints are told by the audit, their secrets never."""

from typing import Any

import pytest
from django.utils import timezone

from common.audit.context import Door, working
from common.models import AuditEntry, WebhookEndpoint
from common.webhooks import endpoints

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    endpoint, _ = endpoints.add_endpoint(url="https://hooks.example/", types=["order.placed"])
    return endpoint


def told() -> list[tuple[Any, Any]]:
    entries = AuditEntry.objects.filter(kind="webhook", object_type="common.webhookendpoint").order_by("id")
    return [(entry.before, entry.after) for entry in entries]


def test_an_endpoint_from_its_beginning_to_its_end(endpoint: WebhookEndpoint) -> None:
    with working(Door.API, origin="PATCH webhooks/", actor_id=7):
        endpoints.change_endpoint(endpoint_id=endpoint.pk, url="https://other.example/", types=[], is_active=False)
        endpoints.remove_endpoint(endpoint_id=endpoint.pk)

    made, changed, removed = told()
    assert made[0] is None
    assert made[1]["url"] == "https://hooks.example/"
    assert changed == (
        {"url": "https://hooks.example/", "types": ["order.placed"], "is_active": True},
        {"url": "https://other.example/", "types": [], "is_active": False},
    )
    assert (removed[0]["url"], removed[1]) == ("https://other.example/", None)
    assert set(AuditEntry.objects.filter(kind="webhook").values_list("door", "actor_id")) == {("sql", None), ("api", 7)}


def test_a_renewed_secret_shows_by_the_end_of_the_former(endpoint: WebhookEndpoint) -> None:
    endpoints.rotate_secret(endpoint_id=endpoint.pk)

    ((before, after),) = told()[1:]

    assert set(before) == set(after) == {"former_secret_until"}


def test_a_pause_and_who_ended_it_are_told_but_no_attempt(endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.update(failures=3, resting_until=timezone.now())
    WebhookEndpoint.objects.update(paused_at=timezone.now(), paused_reason="it failed")
    endpoints.resume_endpoint(endpoint_id=endpoint.pk)

    assert [set(after) for _, after in told()[1:]] == [{"paused_at"}, {"paused_at"}]
