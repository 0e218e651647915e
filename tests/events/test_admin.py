"""Webhooks in the admin: seen without their secrets, resumed, events delivered again."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.models import WebhookDelivery, WebhookEndpoint
from tests.factories.authentication import UserFactory
from tests.factories.events import endpoint_with_deliveries, placed_event

pytestmark = pytest.mark.django_db

SUBMITTED = {"_form_submitted": "True"}


def client_with(*codenames: str) -> Client:
    user = UserFactory.create(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    for position in (900_001, 900_002):
        placed_event(position=position, resource=f"order:{position}")
    return endpoint_with_deliveries(done_at=timezone.now(), attempts=1, last_status=200)


@pytest.fixture
def owner() -> Client:
    return client_with("view_webhookendpoint", "change_webhookendpoint", "view_webhookdelivery")


@pytest.mark.parametrize("query", ["", "900001", "order:900001", "hooks"])
def test_lists_open_and_can_be_searched(owner: Client, endpoint: WebhookEndpoint, query: str) -> None:
    for model in ("webhookendpoint", "webhookdelivery"):
        assert owner.get(reverse(f"admin:common_{model}_changelist"), {"q": query}).status_code == 200


def test_a_page_shows_no_secret(owner: Client, endpoint: WebhookEndpoint) -> None:
    page = owner.get(reverse("admin:common_webhookendpoint_change", args=[endpoint.pk])).content

    assert b"https://hooks.example/" in page
    assert bytes(endpoint.secret) not in page


def test_resumed_by_button_and_by_selection(owner: Client, endpoint: WebhookEndpoint) -> None:
    paused = {"paused_at": timezone.now(), "paused_reason": "it failed", "failures": 15}
    chosen = {"action": "resume_selected", "_selected_action": [endpoint.pk]}

    WebhookEndpoint.objects.update(**paused)
    owner.post(reverse("admin:common_webhookendpoint_resume_one", args=[endpoint.pk]), SUBMITTED)
    assert WebhookEndpoint.objects.get().paused_at is None
    WebhookEndpoint.objects.update(**paused)
    shown = owner.post(reverse("admin:common_webhookendpoint_changelist"), chosen, follow=True).content.decode()

    assert WebhookEndpoint.objects.get().paused_at is None
    assert "What waits for https://hooks.example/ is sent." in shown


def test_events_delivered_again(owner: Client, endpoint: WebhookEndpoint) -> None:
    first = WebhookDelivery.objects.order_by("position")[0]
    chosen = {"action": "deliver_selected_again", "_selected_action": [first.pk]}

    shown = owner.post(reverse("admin:common_webhookdelivery_changelist"), chosen, follow=True).content.decode()

    assert "Event 900001 is sent again." in shown
    assert list(WebhookDelivery.objects.filter(done_at=None).values_list("position", flat=True)) == [900_001]


def test_who_may_only_look_changes_nothing(endpoint: WebhookEndpoint) -> None:
    client = client_with("view_webhookendpoint", "view_webhookdelivery")
    WebhookEndpoint.objects.update(paused_at=timezone.now(), paused_reason="it failed")
    deliveries = list(WebhookDelivery.objects.values_list("pk", flat=True))
    again = {"action": "deliver_selected_again", "_selected_action": deliveries}

    client.post(reverse("admin:common_webhookendpoint_resume_one", args=[endpoint.pk]), SUBMITTED)
    client.post(reverse("admin:common_webhookdelivery_changelist"), again)

    assert WebhookEndpoint.objects.get().paused_at is not None
    assert not WebhookDelivery.objects.filter(done_at=None).exists()
