"""Webhooks to the loopback address, which nothing but a test may call."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.events.receiver import Receiver, receiving


@pytest.fixture
def loopback_allowed(settings: Settings) -> None:
    settings.REMOTE_FILES_ALSO_FROM = ("127.0.0.1/32",)
    settings.WEBHOOK_SCHEMES = ("http", "https")
    settings.WEBHOOK_TIMEOUT_SECONDS = 2.0


@pytest.fixture
def receiver(loopback_allowed: None) -> Iterator[Receiver]:
    with receiving() as running:
        yield running
