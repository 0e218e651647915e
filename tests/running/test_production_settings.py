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

HSTS = """
from django.conf import settings
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
request = RequestFactory().get("/", secure=True)
print(SecurityMiddleware(lambda _: HttpResponse())(request)["Strict-Transport-Security"])
"""


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


def test_refuses_to_start_with_what_is_no_origin() -> None:
    assert "CORS_ALLOWED_ORIGINS are origins" in load({**ENOUGH, "CORS_ALLOWED_ORIGINS": "*"})


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({}, "max-age=31536000; includeSubDomains; preload"),
        ({"SECURE_HSTS_INCLUDE_SUBDOMAINS": "false", "SECURE_HSTS_PRELOAD": "false"}, "max-age=31536000"),
        ({"SECURE_HSTS_SECONDS": "60", "SECURE_HSTS_PRELOAD": "false"}, "max-age=60; includeSubDomains"),
    ],
)
def test_tls_is_asked_for_as_the_settings_say(environment: dict[str, str], header: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", HSTS],
        cwd=CHECKOUT,
        env={**ENOUGH, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == header
