"""API8:2023 Security misconfiguration: injections, forged calls, and what a careless set-up would let through."""

import json
import time
from typing import Any

import pytest
from rest_framework.test import APIClient

from payments.gateways import dummy_events
from products.models import Product
from tests.abuse.conftest import StaffClient, Victim
from tests.abuse.untouched import PREFIX, refused, untouched
from tests.payments.webhooks import SECRET, URL, charge_event

pytestmark = pytest.mark.django_db


def signature(body: bytes, *, secret: str = SECRET, at: float = 0) -> str:
    return dummy_events.sign(body=body, secret=secret, timestamp=int(at or time.time()))


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: None,
        lambda body: "",
        lambda body: "t=,v1=",
        lambda body: signature(body, secret="another"),
        lambda body: signature(body, secret=" "),
        lambda body: signature(body + b" "),
        lambda body: signature(body, at=time.time() - 3600),
        lambda body: signature(body, at=time.time() + 3600),
        lambda body: signature(body).replace("v1=", "v0="),
        lambda body: signature(body).upper(),
        lambda body: signature(body)[:-1],
    ],
    ids=[
        *("none", "empty", "empty parts", "another secret", "a blank secret", "another body", "an hour old"),
        *("an hour early", "another version", "capitals", "cut short"),
    ],
)
def test_a_webhook_that_no_gateway_signed(guest: APIClient, victim: Victim, forge: Any) -> None:
    body = json.dumps(charge_event(victim.payment, "succeeded")).encode()
    signed = forge(body)

    headers = {} if signed is None else {"Dummy-Signature": signed}
    sending: dict[str, Any] = {"data": body, "content_type": "application/json", "headers": headers}
    refused(guest, "post", URL, status=400, code="invalid_signature", **sending)


def test_a_webhook_with_the_body_written_anew(guest: APIClient, victim: Victim) -> None:
    event = charge_event(victim.payment, "succeeded")
    signed = signature(json.dumps(event).encode())

    sending: dict[str, Any] = {"data": json.dumps(event, indent=1).encode(), "content_type": "application/json"}
    headers = {"Dummy-Signature": signed}
    refused(guest, "post", URL, status=400, code="invalid_signature", headers=headers, **sending)


@pytest.mark.parametrize("gateway", ["stripe", "manual", "nothing", "dummy%00", "..%2Fdummy"])
def test_a_webhook_for_who_sends_none(guest: APIClient, gateway: str) -> None:
    with untouched():
        answer = guest.post(f"{PREFIX}payments/webhooks/{gateway}/", b"{}", content_type="application/json")

    assert answer.status_code in {400, 404}
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "ordering=price;DROP TABLE products_product",
        "ordering=password",
        "ordering=-user__password",
        "ordering=pg_sleep(1)",
        "min_price=1 OR 1=1",
        "min_rating=' OR ''='",
        "in_stock=maybe",
        "updated_after=yesterday",
        "category=' OR ''='",
        "option=Size",
    ],
)
def test_an_injection_into_the_list(guest: APIClient, product: Product, query: str) -> None:
    refused(guest, "get", f"products/?{query}", status=400, code="invalid")


@pytest.mark.parametrize("name", ["categories__slug", "price__gt", "user__password", "id__in", "_connector"])
def test_look_ups_by_the_names_of_the_database(guest: APIClient, product: Product, name: str) -> None:
    refused(guest, "get", f"products/?{name}=1", status=400, code="unknown_field")


@pytest.mark.parametrize("path", ["products/?q=%00", "products/a%00b/", "orders/?q=%00", "categories/?x=%00"])
def test_a_nul_byte_in_the_address(guest: APIClient, path: str) -> None:
    refused(guest, "get", path, status=400, code="malformed_request")


@pytest.mark.parametrize("field", ["address_line1", "full_name", "city", "postal_code"])
def test_a_nul_byte_in_the_body(attacker_client: APIClient, field: str) -> None:
    body = {
        "full_name": "A",
        "address_line1": "1 Main",
        "city": "LA",
        "state": "CA",
        "country": "US",
        "postal_code": "90001",
        field: "a\x00b",
    }

    refused(attacker_client, "post", "addresses/", body, status=400, code="invalid")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_type(guest: APIClient, kind: str) -> None:
    sending: dict[str, Any] = {"data": b'{"product": 1}', "content_type": kind}

    refused(guest, "post", "cart/items/", status=415, code="unsupported_media_type", **sending)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
def test_an_answer_in_another_format(guest: APIClient, accept: str) -> None:
    refused(guest, "get", "cart/", status=406, code="not_acceptable", headers={"Accept": accept})


def test_another_origin_gets_no_leave(guest: APIClient, product: Product) -> None:
    with untouched():
        answer = guest.get(f"{PREFIX}products/", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 200
    assert not answer.has_header("Access-Control-Allow-Origin")
    assert not answer.has_header("Access-Control-Allow-Credentials")


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/.git/config", "/api/v1/products/%2e%2e/%2e%2e/etc/passwd"])
def test_nothing_tells_of_the_inside(guest: APIClient, path: str) -> None:
    answer = refused(guest, "get", path, status=404, code="not_found")

    assert b"Traceback" not in answer.content
    assert b"urlpatterns" not in answer.content


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "a\r\nSet-Cookie: x=1"])
def test_scripts_are_kept_as_the_text_that_they_are(attacker_client: APIClient, text: str) -> None:
    answer = attacker_client.patch(f"{PREFIX}auth/me/", {"first_name": text})

    assert answer["Content-Type"] == "application/json"
    assert not answer.has_header("Set-Cookie")
    assert (answer.status_code, answer.json().get("first_name", text)) in {(200, text), (400, text)}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\x"])
def test_a_media_file_from_elsewhere(guest: APIClient, name: str) -> None:
    refused(guest, "get", f"/media/{name}", status=404, code="not_found")


@pytest.mark.parametrize("slug", ["..", "a/../b", "%2e%2e", "a'b", "a b"])
def test_a_slug_that_is_none(guest: APIClient, slug: str) -> None:
    with untouched():
        answer = guest.get(f"{PREFIX}products/{slug}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_staff_search_with_wildcards_finds_no_more(staff_client: StaffClient, victim: Victim) -> None:
    desk = staff_client("orders.view_order")

    with untouched():
        answer = desk.get(f"{PREFIX}orders/?email=%25")

    assert (answer.status_code, answer.json()["results"]) == (200, [])
