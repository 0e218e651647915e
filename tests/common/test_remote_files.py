"""Fetching by an address that somebody else wrote: what leads inside, or takes too long or too much, is refused."""

import gzip
import socket
import ssl
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from common import public_addresses
from common.remote_files import Limits, NotFetched, fetch_file, is_fetchable
from tests.certificates import certificate_of
from tests.scripted_server import answer, scripted_server

LIMITS = Limits(most_bytes=1_000, connect_seconds=0.5, read_seconds=0.3, total_seconds=0.8)


@pytest.fixture
def loopback_allowed(settings: Settings) -> None:
    settings.REMOTE_FILES_ALSO_FROM = ("127.0.0.1/32",)


def refusal(url: str, limits: Limits = LIMITS) -> NotFetched:
    with pytest.raises(NotFetched) as refused:
        fetch_file(url=url, limits=limits)
    return refused.value


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have the resolver give these answers, one after the other; returns the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: Any, *args: Any, **options: Any) -> list[Any]:
        if _is_literal(host):
            return real(host, port, *args, **options)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0)) for address in found]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@pytest.mark.usefixtures("loopback_allowed")
def test_a_file_is_fetched_as_it_is() -> None:
    with scripted_server(answer(b"picture")) as server:
        content = fetch_file(url=server.url("/a%20b%20ü.png?v=1&w=ü"), limits=LIMITS)

    assert content == b"picture"
    head = server.requests[0].decode()
    assert head.startswith("GET /a%20b%20%C3%BC.png?v=1&w=%C3%BC HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


@pytest.mark.usefixtures("loopback_allowed")
def test_a_body_in_chunks_is_fetched() -> None:
    def chunks(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\npic\r\n4\r\nture\r\n0\r\n\r\n")

    with scripted_server(chunks) as server:
        assert fetch_file(url=server.url(), limits=LIMITS) == b"picture"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "127.1", "0.0.0.0", "10.0.0.8"),  # noqa: S104
        *("172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("192.0.2.1", "198.18.0.1", "192.88.99.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]"),
        *("[fe80::1]", "[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::1]"),
        *("[2001:0:7f00:1::1]", "[2001:db8::1]", "[::127.0.0.1]", "[fec0::1]", "[100::1]", "[3fff::1]"),
    ],
)
def test_what_is_not_public_is_refused_before_anybody_is_asked(host: str) -> None:
    with scripted_server(answer(b"secret")) as server:
        refused = refusal(server.url(host=host))

    assert (refused.code, refused.is_final, server.requests) == ("private_address", True, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.169.0.1", "2606:4700::1", "2a00:1450::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert public_addresses.is_public(ip_address(address))


def test_a_name_with_one_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["93.184.215.14", "10.0.0.1"])

    assert refusal("http://cdn.example/a.png").code == "private_address"


@pytest.mark.usefixtures("loopback_allowed")
def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])

    with scripted_server(answer(b"picture")) as server:
        content = fetch_file(url=server.url(host="rebind.example"), limits=LIMITS)

    assert (content, asked) == (b"picture", ["rebind.example"])
    assert f"Host: rebind.example:{server.port}\r\n".encode() in server.requests[0]


def test_a_name_nobody_knows_or_answers_for_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **options: Any) -> None:
        raise socket.gaierror

    def silent(*args: Any, **options: Any) -> list[Any]:
        time.sleep(2)
        return []

    for resolver in (unknown, silent):
        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        began = time.monotonic()
        refused = refusal("http://cdn.example/a.png")
        assert (refused.code, refused.is_final) == ("unknown_host", False)
        assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "url",
    [
        *("", "boot.png", "//cdn.example/a.png", "ftp://cdn.example/a", "file:///etc/passwd", "gopher://cdn.example/"),
        *("http://", "http:///a.png", "http://user:word@cdn.example/a", "http://user@cdn.example/a"),
        *("http://cdn.example:99999/a", "http://cdn.example:x/a", "http://cdn.example:0/a", "http://[::1/a"),
        *(
            "http://cdn.example/a\r\nHost: evil",
            "http://cdn.example/a b",
            "http://a..b/",
            f"http://{'a' * 64}.example/",
        ),
        f"http://cdn.example/{'a' * 2000}",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    refused = refusal(url)

    assert (refused.code, refused.is_final, is_fetchable(url)) == ("bad_address", True, False)


@pytest.mark.usefixtures("loopback_allowed")
@pytest.mark.parametrize(
    ("script", "code", "is_final"),
    [
        (answer(b"", status="302 Found", Location="http://127.0.0.1:6379/"), "redirected", True),
        (answer(b"", status="301 Moved", Location="https://cdn.example/a.png"), "redirected", True),
        (answer(b"gone", status="404 Not Found"), "http_status", True),
        (answer(b"later", status="429 Too Many Requests"), "http_status", False),
        (answer(b"oops", status="500 Oops"), "http_status", False),
        (answer(b"part", status="206 Partial Content"), "http_status", False),
        (answer(b"x" * 1_001), "too_large", True),
        (answer(b"", Content_Length=str(10**18)), "too_large", True),
        (answer(gzip.compress(b"\0" * 10_000_000, mtime=0), Content_Encoding="gzip"), "encoded", True),
        (answer(b"short", Content_Length="900"), "broken_answer", False),
        (lambda connection, request: connection.sendall(b"SSH-2.0-OpenSSH\r\n"), "broken_answer", False),
        (lambda connection, request: None, "broken_answer", False),
    ],
    ids=[
        *("redirect inside", "redirect", "404", "429", "500", "206", "one byte too many", "huge length", "gzip bomb"),
        *("cut off", "not HTTP", "silent end"),
    ],
)
def test_an_answer_that_is_no_file_is_refused(
    script: Callable[[socket.socket, bytes], None], code: str, is_final: bool
) -> None:
    with scripted_server(script) as server:
        refused = refusal(server.url())

    assert (refused.code, refused.is_final) == (code, is_final)
    assert len(server.requests) == 1


def endless(head: bytes, block: bytes) -> Callable[[socket.socket, bytes], None]:
    def send(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(block)

    return send


@pytest.mark.usefixtures("loopback_allowed")
@pytest.mark.parametrize(
    "script",
    [
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n"),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "chunks", "interim answers"],
)
def test_an_endless_answer_ends(script: Callable[[socket.socket, bytes], None]) -> None:
    with scripted_server(script) as server:
        assert refusal(server.url()).code == "too_large"


@pytest.mark.usefixtures("loopback_allowed")
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["silent", "drip"])
def test_a_slow_answer_ends_in_time(head: bytes) -> None:
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        while head:
            time.sleep(0.05)
            connection.sendall(b"x")
        time.sleep(2)

    began = time.monotonic()
    with scripted_server(drip) as server:
        refused = refusal(server.url())
        took = time.monotonic() - began

    assert (refused.code, refused.is_final) == ("timed_out", False)
    assert took < 1.2


@pytest.mark.usefixtures("loopback_allowed")
def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_server(answer(b"proxied")) as proxy, scripted_server(answer(b"picture")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        assert fetch_file(url=server.url(), limits=LIMITS) == b"picture"

    assert proxy.requests == []


@pytest.mark.usefixtures("loopback_allowed")
def test_a_server_that_nobody_runs_may_be_tried_again() -> None:
    with scripted_server(answer(b"")) as server:
        gone = server.url()

    assert (refusal(gone).code, refusal(gone).is_final) == ("unreachable", False)


@pytest.mark.usefixtures("loopback_allowed")
def test_tls_is_held_to_the_name_and_to_who_vouches_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names(monkeypatch, ["127.0.0.1"])
    certificate = certificate_of("cdn.example", tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    def fetch(host: str) -> bytes:
        return fetch_file(url=server.url(host=host, scheme="https"), limits=LIMITS)

    with scripted_server(answer(b"picture"), tls=tls) as server:
        stranger = refusal(server.url(host="cdn.example", scheme="https"))
        context = ssl.create_default_context(cafile=str(certificate))
        monkeypatch.setattr(ssl, "create_default_context", lambda: context)
        content = fetch("cdn.example")
        other_name = refusal(server.url(host="other.example", scheme="https"))

    assert content == b"picture"
    assert [(each.code, each.is_final) for each in (stranger, other_name)] == [("bad_certificate", False)] * 2
    assert len(server.requests) == 1
