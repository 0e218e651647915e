"""What browsers are told by every answer, whoever gives it; and which origins may call the API."""

from typing import Any

import pytest
from django.test import override_settings
from environs import Env
from rest_framework.test import APIClient

from config.settings import security
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

STRICT = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SHOP = "https://shop.example"
LIST = "/api/v1/products/"


def assert_guarded(answer: Any, policy: str = STRICT) -> None:
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Content-Security-Policy"] == policy
    assert "Strict-Transport-Security" not in answer


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", LIST, 200),
        ("get", "/api/v1/nothing/", 404),
        ("get", "/nothing/", 404),
        ("get", "/api/v1/addresses/", 401),
        ("delete", LIST, 405),
        ("get", f"{LIST}?nope=1", 400),
        ("get", f"{LIST}?q=%00", 400),
        ("options", LIST, 204),
        ("get", "/healthz", 200),
        ("get", "/api/schema/", 200),
        ("get", "/media/nothing.png", 404),
    ],
)
def test_every_answer_for_a_program_is_strict(guest: APIClient, method: str, address: str, status: int) -> None:
    answer = getattr(guest, method)(address)

    assert answer.status_code == status
    assert_guarded(answer)


def test_what_middleware_refuses_carries_them_too(guest: APIClient) -> None:
    too_large = guest.generic("POST", LIST, "{}", CONTENT_TYPE="application/json", CONTENT_LENGTH="50000000")
    with override_settings(ALLOWED_HOSTS=["shop.example"], SECURE_SSL_REDIRECT=True):
        foreign = guest.get(LIST)

    assert (too_large.status_code, foreign.status_code) == (413, 400)
    assert_guarded(too_large)
    assert_guarded(foreign)


@pytest.mark.urls("tests.common.urls")
def test_a_bug_carries_them_too(guest: APIClient) -> None:
    guest.raise_request_exception = False

    answer = guest.get("/broken/")

    assert answer.status_code == 500
    assert_guarded(answer)


@pytest.mark.parametrize("address", ["/admin/login/", "/api/docs/", "/api/redoc/", "/", "/api/problems/invalid/"])
def test_pages_load_from_the_shop_alone_and_run_no_script_of_their_own(guest: APIClient, address: str) -> None:
    answer = guest.get(address, headers={"Accept": "text/html"})

    assert answer.status_code == 200
    policy = dict(each.split(" ", 1) for each in answer["Content-Security-Policy"].split("; "))
    assert_guarded(answer, answer["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in policy.get("script-src", "")
    assert "http" not in answer["Content-Security-Policy"]
    assert "<script>" not in answer.content.decode()


def test_pictures_of_a_store_elsewhere_are_seen_in_the_admin() -> None:
    (_, admin), *rest = security.page_policies(media_url="https://cdn.example/shop/")

    assert "img-src 'self' data: blob: https://cdn.example;" in admin
    assert not any("cdn.example" in policy for _, policy in rest)


@override_settings(SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True)
def test_encrypted_answers_ask_to_stay_so(guest: APIClient) -> None:
    assert guest.get(LIST, secure=True)["Strict-Transport-Security"] == "max-age=60; includeSubDomains; preload"
    assert "Strict-Transport-Security" not in guest.get(LIST)


@override_settings(CORS_ALLOWED_ORIGINS=[SHOP])
def test_only_named_origins_may_call_the_api(guest: APIClient) -> None:
    ProductFactory.create()

    named = guest.get(LIST, headers={"Origin": SHOP})
    others = [
        guest.get(LIST, headers={"Origin": each}) for each in (f"{SHOP}.evil.example", "http://shop.example", "null")
    ]

    assert named["Access-Control-Allow-Origin"] == SHOP
    assert "Access-Control-Allow-Credentials" not in named
    assert "etag" in named["Access-Control-Expose-Headers"]
    assert not any("Access-Control-Allow-Origin" in other for other in others)
    assert all("origin" in each["Vary"] for each in (named, *others))
    assert "Access-Control-Allow-Origin" not in guest.get("/admin/login/", headers={"Origin": SHOP})


@override_settings(CORS_ALLOWED_ORIGINS=[SHOP])
def test_a_preflight_allows_what_the_api_reads_and_is_guarded_itself(guest: APIClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-cart-token, x-evil"}

    answer = guest.options("/api/v1/cart/items/", headers={"Origin": SHOP, **asked})

    assert answer["Access-Control-Allow-Origin"] == SHOP
    allowed = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "idempotency-key", "x-cart-token", "x-order-token"} <= set(allowed)
    assert "x-evil" not in allowed
    assert_guarded(answer)


def origins(value: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", value)
    return security.origins(Env(), "CORS_ALLOWED_ORIGINS")


def test_origins_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert origins("", monkeypatch) == []
    assert origins(f"{SHOP}/, http://localhost:3000", monkeypatch) == [SHOP, "http://localhost:3000"]


@pytest.mark.parametrize(
    "value",
    ["*", "shop.example", "https://*.shop.example", f"{SHOP}/path", "null", "ftp://a", "https://", "https://a@b"],
)
def test_what_is_no_origin_refuses_to_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="CORS_ALLOWED_ORIGINS are origins"):
        origins(value, monkeypatch)
