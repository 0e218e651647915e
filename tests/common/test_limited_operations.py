"""Every scope over HTTP: let through, refused with its fields, begun anew; by whom it counts; and who has none."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics.api.telling import with_door
from common.client import client_address, client_network
from config.environment import CHECKOUT
from config.settings.limits import DEFAULTS
from tests.conftest import Allow, ApiClientFor
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db
API = "/api/v1/"
Send = Callable[..., Any]


def register(client: APIClient, **extra: Any) -> Any:
    body = {"email": UserFactory.build().email, "password": "correct-horse-battery"}
    return client.post(f"{API}auth/register/", body, **extra)


def ask_reset(client: APIClient, **extra: Any) -> Any:
    return client.post(f"{API}auth/password/reset/", {"email": "nobody@example.com"}, **extra)


def remove_line(client: APIClient, **extra: Any) -> Any:
    return client.delete(f"{API}cart/items/1/", **extra)


def check_out(client: APIClient, **extra: Any) -> Any:
    return client.post(f"{API}checkout/", {}, headers={"X-Cart-Token": "t" * 43}, **extra)


def review(client: APIClient, **extra: Any) -> Any:
    return client.post(f"{API}products/dress/reviews/", {"rating": 5}, **extra)


def view(client: APIClient, **extra: Any) -> Any:
    return client.post(f"{API}analytics/product-views/", {"product": "dress"}, **extra)


OPERATIONS: dict[str, tuple[Send, int]] = {
    "REGISTER": (register, 201),
    "PASSWORD_RESET": (ask_reset, 202),
    "CART": (remove_line, 404),
    "CHECKOUT": (check_out, 400),
    "REVIEW": (review, 404),
    "VIEW": (view, 202),
}
BY_ADDRESS = ("REGISTER", "PASSWORD_RESET", "CART", "VIEW")


@pytest.fixture
def caller(client_for: ApiClientFor) -> Callable[[str], APIClient]:
    """A guest, or, for what takes an account, a customer."""
    return lambda scope: client_for(UserFactory.create()) if scope == "REVIEW" else APIClient()


@pytest.mark.parametrize("scope", OPERATIONS)
def test_lets_so_many_through_and_refuses_the_next(
    allow: Allow, caller: Callable[[str], APIClient], scope: str
) -> None:
    send, usual = OPERATIONS[scope]
    client = caller(scope)
    allow(**{scope: "2/hour"})

    let_through = [send(client) for _ in range(2)]
    refused = send(client)

    name = scope.lower().replace("_", "-")
    assert [answer.status_code for answer in let_through] == [usual, usual]
    assert [answer["RateLimit"] for answer in let_through] == [f'"{name}";r=1;t=3600', f'"{name}";r=0;t=3600']
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert refused["Content-Type"] == "application/problem+json"
    assert 3590 <= int(refused["Retry-After"]) <= 3600
    assert refused["RateLimit-Policy"] == f'"{name}";q=2;w=3600'
    assert re.fullmatch(rf'"{name}";r=0;t=3[56]\d\d', refused["RateLimit"])


@pytest.mark.parametrize("scope", OPERATIONS)
def test_one_scope_is_not_another(allow: Allow, caller: Callable[[str], APIClient], scope: str) -> None:
    send, usual = OPERATIONS[scope]
    client = caller(scope)
    allow(**{other: "1/hour" for other in OPERATIONS if other != scope})

    answers = [send(client) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [usual] * 3
    assert not any(answer.has_header("RateLimit") for answer in answers)


def test_begins_anew(allow: Allow, guest: APIClient) -> None:
    allow(CART="1/s", VIEW="1/s")
    assert [send(guest).status_code for send in (remove_line, remove_line, view, view)] == [404, 429, 202, 429]

    time.sleep(1.1)

    assert [send(guest).status_code for send in (remove_line, remove_line, view, view)] == [404, 429, 202, 429]


@pytest.mark.parametrize("scope", BY_ADDRESS)
def test_addresses_count_for_themselves(allow: Allow, scope: str) -> None:
    send, usual = OPERATIONS[scope]
    allow(**{scope: "1/hour"})

    answers = [
        send(APIClient(), REMOTE_ADDR=address).status_code for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]

    assert answers == [usual, 429, usual]


def test_carts_and_customers_count_for_themselves(allow: Allow, client_for: ApiClientFor) -> None:
    allow(CHECKOUT="1/hour", REVIEW="1/hour")
    ada, bob = client_for(UserFactory.create()), client_for(UserFactory.create())

    assert [review(client).status_code for client in (ada, ada, bob)] == [404, 429, 404]
    assert [check_out(client).status_code for client in (ada, ada, bob)] == [400, 429, 400]
    tokens = ({"X-Cart-Token": letter * 43} for letter in "aab")
    guests = [APIClient().post(f"{API}checkout/", {}, headers=token).status_code for token in tokens]
    assert guests == [400, 429, 400]


@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("scope", BY_ADDRESS)
def test_a_forged_header_never_escapes(allow: Allow, settings: Settings, scope: str, proxies: int) -> None:
    """The client writes whatever it likes; each proxy of ours appends what it saw."""
    settings.TRUSTED_PROXY_COUNT = proxies
    allow(**{scope: "2/hour"})
    send, usual = OPERATIONS[scope]
    by_proxies = ["198.51.100.7", "10.0.0.1"][:proxies]

    answers = []
    for number in range(5):
        header = ", ".join([f"203.0.113.{number}, 203.0.113.{number + 100}", *by_proxies])
        answers.append(send(APIClient(), HTTP_X_FORWARDED_FOR=header, REMOTE_ADDR="10.0.0.2").status_code)

    assert answers == [usual, usual, 429, 429, 429]


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.1", "10.0.0.2"),
        (1, "203.0.113.1, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.1, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.2"),  # fewer proxies than there should be: somebody came another way
        (1, "", "10.0.0.2"),
        (1, "203.0.113.1,, 198.51.100.7 ,", "198.51.100.7"),
    ],
)
def test_the_address_is_what_the_outermost_proxy_saw(
    settings: Settings, proxies: int, header: str, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies

    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR=header)

    assert client_address(request) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_whom_an_address_is_counted_as(address: str, network: str) -> None:
    assert client_network(RequestFactory().get("/", REMOTE_ADDR=address)) == network


def test_reads_have_none(allow: Allow, guest: APIClient) -> None:
    ProductFactory.create(slug="dress")
    allow(**dict.fromkeys(DEFAULTS, "1/hour"))

    for path in ("products/", "products/dress/", "products/dress/reviews/", "categories/", "cart/"):
        answers = [guest.get(API + path) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert not any(answer.has_header("RateLimit") for answer in answers)


def test_the_door_for_views_counts_with_the_long_way(allow: Allow, guest: APIClient) -> None:
    allow(VIEW="3/hour")
    door = with_door(WSGIHandler())

    def through_the_door() -> tuple[int, dict[str, str]]:
        said: list[Any] = []
        request = RequestFactory().post(f"{API}analytics/product-views/", {"product": "dress"}, "application/json")
        list(door(request.environ, lambda *answer: said.extend(answer)))
        return int(said[0].split()[0]), dict(said[1])

    first, second = through_the_door(), through_the_door()
    assert (first[0], second[0], view(guest).status_code) == (202, 202, 202)
    status, headers = through_the_door()

    assert second[1]["RateLimit"] == '"view";r=1;t=3600'
    assert status == 429
    assert headers["Content-Type"] == "application/problem+json"
    assert 3590 <= int(headers["Retry-After"]) <= 3600
    assert (headers["Cache-Control"], headers["RateLimit"][:12]) == ("no-store", '"view";r=0;t')
    assert view(guest).status_code == 429


LIMITED = {
    ("/api/v1/analytics/product-views/", "post"): "VIEW",
    ("/api/v1/auth/email/change/", "post"): "LOGIN PASSWORD_RESET",
    ("/api/v1/auth/me/", "delete"): "LOGIN",
    ("/api/v1/auth/password/change/", "post"): "LOGIN",
    ("/api/v1/auth/password/reset/", "post"): "PASSWORD_RESET",
    ("/api/v1/auth/register/", "post"): "REGISTER",
    ("/api/v1/auth/token/", "post"): "LOGIN",
    ("/api/v1/cart/", "delete"): "CART",
    ("/api/v1/cart/coupon/", "delete"): "CART",
    ("/api/v1/cart/coupon/", "post"): "CART",
    ("/api/v1/cart/items/", "post"): "CART",
    ("/api/v1/cart/items/{item_id}/", "delete"): "CART",
    ("/api/v1/cart/items/{item_id}/", "patch"): "CART",
    ("/api/v1/cart/merge/", "post"): "CART",
    ("/api/v1/checkout/", "post"): "CHECKOUT HOLD",
    ("/api/v1/orders/{order_number}/payments/", "post"): "PAYMENT",
    ("/api/v1/products/{slug}/reviews/", "post"): "REVIEW",
}


def test_the_openapi_page_has_429_where_there_is_a_limit_and_nowhere_else() -> None:
    paths = yaml.load((CHECKOUT / "docs" / "openapi.yaml").read_bytes(), yaml.CSafeLoader)["paths"]
    operations = ((path, method, operation) for path, item in paths.items() for method, operation in item.items())

    documented = {
        (path, method): " ".join(re.findall(r"LIMIT_(\w+)", operation["responses"]["429"]["description"]))
        for path, method, operation in operations
        if "429" in operation["responses"]
    }

    assert documented == LIMITED


def test_the_table_of_the_docs_is_what_the_settings_say() -> None:
    page, _, _others = Path(CHECKOUT, "docs", "limits.md").read_text().partition("| other setting")

    table = dict(re.findall(r"^\| `LIMIT_(\w+)` \| `([^`]+)` \|", page, re.MULTILINE))

    assert table == DEFAULTS
