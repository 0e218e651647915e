"""The quick way in for views takes only what the long way takes, and as the same view."""

from typing import Any

import pytest
from django.http import HttpRequest
from pytest_django import Settings
from rest_framework.test import APIClient, APIRequestFactory

from analytics.api import telling
from analytics.services.product_views import ToldView
from analytics.services.view_buffer import buffer
from authentication.models import User
from authentication.tokens import AccessToken

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/analytics/product-views/"
VISITOR = "0b9f4c52-6f3d-4d4e-9a3c-0d5f0e8a7b11"
USUAL = '{"product": "linen-shirt", "referrer": "https://search.example/"}'

Fields = dict[str, Any]

QUICK: list[tuple[str, dict[str, str]]] = [
    (USUAL, {}),
    (USUAL, {"X-Visitor-ID": VISITOR}),
    (USUAL, {"X-Visitor-ID": VISITOR.upper(), "User-Agent": "Mozilla/5.0 " * 60}),
    (USUAL, {"User-Agent": "Fox\x00"}),
    (USUAL, {"Accept": "application/json, text/plain, */*"}),
    (USUAL, {"X-Forwarded-For": "203.0.113.7, 10.0.0.1"}),
    ('{"product": "17"}', {}),
    ('{"product": 17, "referrer": null}', {}),
    ('{"product": 9223372036854775807, "referrer": ""}', {}),
    ('{"product": "' + "9" * 40 + '"}', {}),
    ('{"product": "käse", "referrer": "  https://a.example/ü  "}', {}),
    ('{"product": "a", "referrer": "' + "x" * 2_000 + '"}', {}),
    ('{"product": "a", "product": "b"}', {}),
]

LONG: list[tuple[str, dict[str, str], int]] = [
    ("", {}, 400),
    ("{", {}, 400),
    ("[]", {}, 400),
    ("{}", {}, 400),
    ('{"product": true}', {}, 400),
    ('{"product": 0}', {}, 400),
    ('{"product": 9223372036854775808}', {}, 400),
    ('{"product": "a", "viewed_at": 1}', {}, 400),
    ('{"product": "a", "referrer": ["b"]}', {}, 400),
    ('{"product": "a", "referrer": "nul\\u0000"}', {}, 400),
    ('{"product": "a", "referrer": "' + "x" * 2_001 + '"}', {}, 400),
    ('{"product": "a", "referrer": 5}', {}, 202),
    ('{"product": "a", "referrer": "' + "\\u0061" * 1_000 + '"}', {}, 202),
    (USUAL, {"X-Visitor-ID": "me"}, 400),
    (USUAL, {"Accept": "text/html"}, 406),
    (USUAL, {"Accept": "application/*"}, 202),
    (USUAL, {"Content-Type": "text/plain"}, 415),
    (USUAL, {"Authorization": "Bearer nonsense"}, 401),
]


@pytest.fixture(autouse=True)
def _one_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1


def request_of(body: str, headers: dict[str, str]) -> HttpRequest:
    kind = headers.get("Content-Type", "application/json")
    rest = {name: value for name, value in headers.items() if name != "Content-Type"}
    return APIRequestFactory().generic("POST", ADDRESS, body, content_type=kind, headers=rest)


def fields_of(view: ToldView | None) -> Fields:
    assert view is not None
    return {name: getattr(view, name) for name in ToldView.__slots__ if name != "at"}


def by_the_long_way(guest: APIClient, monkeypatch: pytest.MonkeyPatch, body: str, headers: dict[str, str]) -> int:
    """The status; the view, where it was taken, waits in the buffer."""
    kind = headers.get("Content-Type", "application/json")
    rest = {name: value for name, value in headers.items() if name != "Content-Type"}
    with monkeypatch.context() as patch:
        patch.setattr(telling, "read_quickly", lambda request: None)
        status: int = guest.generic("POST", ADDRESS, body, content_type=kind, headers=rest).status_code
    return status


@pytest.mark.parametrize(("body", "headers"), QUICK)
def test_usual_request_is_the_same_view_both_ways(
    guest: APIClient, monkeypatch: pytest.MonkeyPatch, body: str, headers: dict[str, str]
) -> None:
    quick = telling.read_quickly(request_of(body, headers))

    assert by_the_long_way(guest, monkeypatch, body, headers) == 202
    assert fields_of(quick) == fields_of(buffer.waiting()[0])


@pytest.mark.parametrize(("body", "headers", "status"), LONG)
def test_anything_else_goes_the_long_way(
    guest: APIClient, monkeypatch: pytest.MonkeyPatch, body: str, headers: dict[str, str], status: int
) -> None:
    assert telling.read_quickly(request_of(body, headers)) is None

    assert by_the_long_way(guest, monkeypatch, body, headers) == status
    assert len(buffer) == (1 if status == 202 else 0)


def test_user_is_known_by_the_token_both_ways(guest: APIClient, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    bearer = {"Authorization": f"bearer {AccessToken.for_user(user)}"}

    quick = telling.read_quickly(request_of(USUAL, bearer))

    assert by_the_long_way(guest, monkeypatch, USUAL, bearer) == 202
    assert fields_of(quick) == fields_of(buffer.waiting()[0])
    assert quick is not None
    assert quick.claim == (user.pk, user.session_stamp())


def test_both_answers_look_alike(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = guest.generic("POST", ADDRESS, USUAL, content_type="application/json")
    monkeypatch.setattr(telling, "read_quickly", lambda request: None)
    long = guest.generic("POST", ADDRESS, USUAL, content_type="application/json")

    assert (quick.status_code, quick.content) == (long.status_code, long.content) == (202, b"")
    assert quick.headers["Cache-Control"] == long.headers["Cache-Control"] == "no-store"
    assert "Content-Type" not in quick.headers
