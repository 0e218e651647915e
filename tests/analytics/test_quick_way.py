"""The door for views takes only what the long way takes, and as the same view; it answers as the shop does."""

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import close_old_connections
from pytest_django import Settings

from analytics.api.telling import with_door
from analytics.services.product_views import ToldView
from analytics.services.view_buffer import buffer
from authentication.models import User
from authentication.tokens import AccessToken
from config.wsgi import application

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
]

LONG: list[tuple[str, dict[str, str], int]] = [
    ("", {}, 400),
    ("{", {}, 400),
    ("[]", {}, 400),
    ("{}", {}, 400),
    ('{"product": "a", "product": "b"}', {}, 400),
    ('{"product": "a", "\\u0070roduct": "b"}', {}, 400),
    ('{"product": true}', {}, 400),
    ('{"product": 0}', {}, 400),
    ('{"product": 9223372036854775808}', {}, 400),
    ('{"product": "a", "viewed_at": 1}', {}, 400),
    ('{"product": "a", "referrer": ["b"]}', {}, 400),
    ('{"product": "a", "referrer": "nul\\u0000"}', {}, 400),
    ('{"product": "a", "referrer": "' + "x" * 2_001 + '"}', {}, 400),
    ('{"product": "a", "referrer": 5}', {}, 202),
    ('{"product": "a", "referrer": 0}', {}, 202),
    ('{"product": "a", "referrer": false}', {}, 400),
    ('{"product": "a", "referrer": []}', {}, 400),
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


class Answer:
    """What a WSGI application says to a request."""

    def __init__(self, door: Any, body: str, headers: dict[str, str]) -> None:
        raw = body.encode()
        named = {"User-Agent": "Mozilla/5.0", "Content-Type": "application/json", **headers}
        sent = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in named.items()}
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": ADDRESS,
            "QUERY_STRING": "",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(raw),
            "CONTENT_LENGTH": str(len(raw)),
            "CONTENT_TYPE": sent.pop("HTTP_CONTENT_TYPE"),
            **sent,
        }
        self.body = b"".join(door(environ, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]], *_: object) -> None:
        self.status, self.headers = int(status.split(maxsplit=1)[0]), dict(headers)


class LongWay:
    """Django as it would answer without the door; counts who comes by. The test's connection stays open."""

    def __init__(self) -> None:
        self.handler, self.count = WSGIHandler(), 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.count += 1
        request_started.disconnect(close_old_connections)
        try:
            return self.handler(environ, start_response)
        finally:
            request_started.connect(close_old_connections)


@pytest.fixture
def long_way() -> LongWay:
    return LongWay()


def told(door: Any, body: str, headers: dict[str, str]) -> tuple[Answer, list[Fields]]:
    """The answer, and the views that wait since."""
    buffer.begin_anew()
    answer = Answer(door, body, headers)
    return answer, [
        {name: getattr(view, name) for name in ToldView.__slots__ if name != "at"} for view in buffer.waiting()
    ]


@pytest.mark.parametrize(("body", "headers"), QUICK)
def test_usual_request_is_the_same_view_both_ways(long_way: LongWay, body: str, headers: dict[str, str]) -> None:
    quick, views = told(with_door(long_way), body, headers)

    assert long_way.count == 0
    long, expected = told(long_way, body, headers)
    assert (quick.status, quick.body) == (long.status, long.body) == (202, b"")
    assert views == expected
    assert len(views) == 1


@pytest.mark.parametrize(("body", "headers", "status"), LONG)
def test_anything_else_goes_the_long_way(long_way: LongWay, body: str, headers: dict[str, str], status: int) -> None:
    answer, views = told(with_door(long_way), body, headers)

    assert long_way.count == 1
    assert answer.status == status
    assert len(views) == (1 if status == 202 else 0)


def test_user_is_known_by_the_token_both_ways(long_way: LongWay, user: User) -> None:
    bearer = {"Authorization": f"bearer {AccessToken.for_user(user)}"}

    _, views = told(with_door(long_way), USUAL, bearer)

    assert long_way.count == 0
    long, expected = told(long_way, USUAL, bearer)
    assert (long.status, long.body) == (202, b"")
    assert views == expected
    assert [(view["user_id"], view["stamp"]) for view in views] == [(user.pk, user.session_stamp())]


def test_full_buffer_is_told_the_long_way(long_way: LongWay, settings: Settings) -> None:
    settings.VIEW_BUFFER_SIZE = 0

    answer, _ = told(with_door(long_way), USUAL, {})

    assert (answer.status, long_way.count) == (503, 1)


def test_headers_are_those_of_every_answer(long_way: LongWay, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    headers = {"Origin": "https://shop.example", "X-Request-ID": "abc"}

    quick, _ = told(with_door(long_way), USUAL, headers)
    long, _ = told(long_way, USUAL, headers)

    assert long_way.count == 1
    of_drf = {"Allow": "GET, POST, HEAD, OPTIONS"}
    assert quick.headers | of_drf == long.headers
    assert quick.headers["access-control-allow-origin"] == "https://shop.example"
    assert quick.headers["Vary"] == "origin"
    assert quick.headers["X-Request-ID"] == "abc"


def test_what_must_be_encrypted_is_not_taken_in_the_clear(long_way: LongWay, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    answer, views = told(with_door(long_way), USUAL, {})

    assert (answer.status, views) == (301, [])


def test_foreign_host_is_refused(long_way: LongWay, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example"]

    answer, views = told(with_door(long_way), USUAL, {})

    assert (answer.status, views) == (400, [])


def test_the_shop_has_the_door() -> None:
    answer, views = told(application, USUAL, {})

    assert (answer.status, len(views)) == (202, 1)
    assert "Allow" not in answer.headers
