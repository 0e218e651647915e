"""Bodies made to break whoever reads them: each a clear 400 or 413, never a 500, and nothing written."""

import socket
from typing import Any

import orjson
import pytest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import User
from common.api.parsers import MOST_VALUES
from common.api.problems import MOST_ERRORS
from common.middleware import RefuseMalformedRequestMiddleware
from orders.models import Cart
from tests.live import LiveShop

LOOPBACK = "127.0.0.1"
JSON = "application/json"
# Of each kind of door: a plain view, one that honours idempotency keys, and one that reads by hand first.
ADDRESSES = ["auth/register/", "auth/token/", "cart/items/", "checkout/", "analytics/product-views/"]
REGISTER = '{"email": "ada@example.com", "password": %s}'


def nested(opening: str, closing: str, levels: int) -> bytes:
    return (opening * levels + "1" + closing * levels).encode()


def keys(count: int) -> bytes:
    return orjson.dumps({f"{number:x}": 1 for number in range(count)})


MALFORMED = {
    "100,000 open lists": b"[" * 100_000,
    "100,000 open objects": b'{"a":' * 100_000,
    "1,000 levels, closed": nested("[", "]", 1_000),
    "51 levels": nested('{"a":', "}", 51),
    "100,000 keys": keys(100_000),
    "100,000 values": b"[" + b"1," * 99_999 + b"1]",
    "NUL": b'{"email": "\x00"}',
    "NUL alone": b"\x00",
    "NUL behind": b"{}\x00",
    "lone surrogate": b'{"email": "\\ud800"}',
    "lone surrogate as bytes": b'{"email": "\xed\xa0\x80"}',
    "surrogates in the wrong order": b'{"email": "\\udc00\\ud800"}',
    "overlong encoding": b'{"email": "\xc0\x80"}',
    "another encoding": '{"email": "a"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"quantity": NaN}',
    "Infinity": b'{"quantity": -Infinity}',
    "a number without end": b'{"quantity": ' + b"9" * 100_000 + b"}",
    "an exponent without end": b'{"quantity": 1e99999999}',
    "the same name twice": b'{"email": "a@example.com", "email": "b@example.com"}',
    "the same name twice, spelled otherwise": b'{"email": "a@example.com", "\\u0065mail": "b@example.com"}',
    "the same name twice, deep inside": b'{"a": [{"b": 1, "c": {"d": 1, "d": 1}}]}',
    "two documents": b"{}{}",
    "a comma too many": b'{"email": "a",}',
    "nothing": b" ",
}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_plain_json_is_400(guest: APIClient, address: str, body: bytes) -> None:
    answer = guest.post(f"/api/v1/{address}", body, content_type=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert answer["Content-Type"] == "application/problem+json"
    assert not User.objects.exists()
    assert not Cart.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["product", "variation", "quantity"])
@pytest.mark.parametrize(
    "value", ["1e308", "123456789012345678901234567890", "-9223372036854775809", "1.5", "[]", "{}", '"\\u0000"']
)
def test_values_of_the_wrong_kind_are_400(guest: APIClient, field: str, value: str) -> None:
    good = {"product": "1", "variation": "1", "quantity": "1"}
    body = ", ".join(f'"{name}": {value if name == field else text}' for name, text in good.items())

    answer = guest.post("/api/v1/cart/items/", f"{{{body}}}".encode(), content_type=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Cart.objects.exists()


@pytest.mark.django_db
def test_a_problem_lists_at_most_a_thousand_errors(guest: APIClient) -> None:
    answer = guest.post("/api/v1/auth/register/", keys(MOST_VALUES - 1), content_type=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert len(answer.json()["errors"]) == MOST_ERRORS == 1_000
    assert {"email", "password"} <= {error["field"] for error in answer.json()["errors"]}


@pytest.mark.django_db
def test_a_json_body_is_refused_by_its_size_before_it_is_parsed(guest: APIClient, settings: Settings) -> None:
    settings.JSON_BODY_MAX_BYTES = 10

    too_long = guest.post("/api/v1/auth/register/", b"[" * 11, content_type=JSON)
    long_enough = guest.post("/api/v1/auth/register/", b"[" * 10, content_type=JSON)

    assert (too_long.status_code, too_long.json()["code"]) == (413, "body_too_large")
    assert (long_enough.status_code, long_enough.json()["code"]) == (400, "malformed_json")


def test_fifty_megabytes_are_refused_by_their_length_alone(rf: RequestFactory) -> None:
    def no_view(_request: Any) -> Any:
        raise AssertionError("nobody may see it")

    request = rf.generic("POST", "/api/v1/cart/items/", b"", content_type=JSON, CONTENT_LENGTH="50000000")

    answer = RefuseMalformedRequestMiddleware(no_view)(request)

    assert answer.status_code == 413
    assert b"body_too_large" in answer.content


def exchange(shop: LiveShop, head: str, body: bytes = b"", *, close: bool = False) -> bytes:
    """What the server answers to these very bytes until it has nothing more to say for a moment."""
    port = int(shop.origin.rpartition(":")[2])
    with socket.create_connection((LOOPBACK, port), timeout=20) as raw:
        raw.sendall(f"POST /api/v1/cart/items/ HTTP/1.1\r\nHost: {LOOPBACK}\r\n{head}\r\n".encode() + body)
        if close:
            raw.shutdown(socket.SHUT_WR)
        answer = b""
        while more := raw.recv(65_536):
            answer += more
            raw.settimeout(0.3)
            try:
                raw.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                break
            except ConnectionResetError:
                break
    return answer


def test_fifty_megabytes_are_refused_before_they_are_sent(live_shop: LiveShop) -> None:
    answer = exchange(live_shop, f"Content-Type: {JSON}\r\nContent-Length: 50000000\r\n")

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer


def test_a_body_longer_than_it_says_is_read_as_far_as_it_says(live_shop: LiveShop) -> None:
    smuggled = b"{}GET /admin/ HTTP/1.1\r\nHost: x\r\n\r\n"

    answer = exchange(live_shop, f"Content-Type: {JSON}\r\nContent-Length: 2\r\nConnection: close\r\n", smuggled)

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_body_shorter_than_it_says_is_no_500(live_shop: LiveShop) -> None:
    answer = exchange(live_shop, f"Content-Type: {JSON}\r\nContent-Length: 500\r\n", b'{"product": 1', close=True)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert live_shop.is_up()
    assert not Cart.objects.exists()


@pytest.mark.parametrize(
    "lengths",
    [
        "Content-Length: 2\r\nContent-Length: 30\r\n",
        "Content-Length: -2\r\n",
        "Content-Length: 2x\r\n",
        "Content-Length: 99999999999999999999999999\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ],
)
def test_lengths_that_contradict_are_400(live_shop: LiveShop, lengths: str) -> None:
    answer = exchange(live_shop, f"Content-Type: {JSON}\r\n{lengths}", b"{}")

    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.split(b" ", 2)[1] in {b"400", b"413"}


def test_a_length_beside_chunks_does_not_count(live_shop: LiveShop) -> None:
    head = f"Content-Type: {JSON}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"

    answer = exchange(live_shop, head, b"2\r\n{}\r\n0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def test_chunks_over_the_limit_are_413(live_shop: LiveShop) -> None:
    chunk = b"f4240\r\n" + b"[" * 1_000_000 + b"\r\n"

    answer = exchange(
        live_shop,
        f"Content-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n",
        chunk + b"a\r\n" + b"[" * 10 + b"\r\n0\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer
