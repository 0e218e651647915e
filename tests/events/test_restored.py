"""After a restore no webhook goes out until staff say so."""

import pytest
from django.utils import timezone

from common.backups.settling import Restored
from common.models import WebhookEndpoint
from common.webhooks.restoring import pause_all

pytestmark = pytest.mark.django_db


def test_every_endpoint_that_calls_is_paused() -> None:
    calls = WebhookEndpoint.objects.create(url="https://one.example/", secret=b"s")
    sleeps = WebhookEndpoint.objects.create(url="https://two.example/", secret=b"s", is_active=False)
    now = timezone.now()

    said = pause_all(Restored(now, (), None))
    calls.refresh_from_db()
    sleeps.refresh_from_db()

    assert calls.paused_at is not None
    assert f"{now:%Y-%m-%d %H:%M}" in calls.paused_reason
    assert sleeps.paused_at is None
    assert said.startswith("1 webhooks")
