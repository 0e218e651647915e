"""A real shop refuses to start on what only development may do without, or with."""

import os
import subprocess
import sys

import pytest

from config.environment import CHECKOUT

ENOUGH = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "shop.example",
    "SECRET_KEY": "for-this-test-only",
    "JWT_SIGNING_KEY": "for-this-test-only",
    "PATH": os.defpath,
}


def load(environment: dict[str, str]) -> str:
    """What is said when the settings cannot be loaded; nothing when they can."""
    attempt = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (attempt.returncode == 0) == (attempt.stderr == "")
    return attempt.stderr


def test_starts_with_what_has_no_default() -> None:
    assert load(ENOUGH) == ""


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "SECRET_KEY", "JWT_SIGNING_KEY"])
def test_refuses_to_start_without(name: str) -> None:
    assert name in load({key: value for key, value in ENOUGH.items() if key != name})


def test_refuses_to_start_with_the_gateway_that_takes_no_money() -> None:
    gateways = {"PAYMENT_GATEWAYS": "manual,dummy", "DUMMY_WEBHOOK_SECRETS": "dummy-webhook-secret"}

    assert "Take dummy out of PAYMENT_GATEWAYS" in load({**ENOUGH, **gateways})
