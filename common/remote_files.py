"""The one way to ask an address that somebody else wrote down, for a file or to tell it something.

Whoever may name an address would otherwise have our machines ask their own neighbours (server-side request forgery),
or keep them busy for ever. Nothing else in the shop may do that.
"""

import io
import socket
import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit

from common.public_addresses import Address, UnknownHost, is_public, resolve

LONGEST_URL = 2_000  # bytes
_PORTS = {"http": 80, "https": 443}
_HEAD_BYTES = 100_000  # beside the body: status, headers, and the marks of a chunked body
_PATH_SAFE = "/%:@!$&'()*+,;=~"
_RETRIED_STATUSES = {408, 425, 429}


@dataclass(frozen=True)
class Limits:
    """How much a fetch may cost; `read_seconds` is the longest silence, `total_seconds` holds for all of it."""

    most_bytes: int
    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 30.0


class NotFetched(Exception):
    """The file was not fetched; `code` is stable, `reason` is for people, `is_final` says that a retry is in vain."""

    def __init__(self, code: str, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.is_final = is_final


def fetch_file(*, url: str, limits: Limits) -> bytes:
    """Return the bytes behind an http or https address; raises NotFetched and nothing else.

    The name is resolved once, every address of it must be public, and the connection goes to the very address that
    was checked, so that a name that changes its mind gains nothing. Redirects are not followed, answers are taken
    only as they are (no compression), and proxies that the environment names are not asked.
    """
    target = _checked(url)
    clock = _Clock(limits)
    with _faults_named(), _connect(target, clock) as connection:
        connection.settimeout(clock.left(limits.read_seconds))
        connection.sendall(_head("GET", target, {"Accept": "image/*"}))
        return _read_answer(connection, clock)


def post(
    *, url: str, body: bytes, headers: Mapping[str, str], limits: Limits, schemes: Collection[str] = ("https",)
) -> int:
    """Post a body and return the status of the answer, of which nothing else is read.

    The address is held to what `fetch_file` says. Header values are ours, never a caller's. Raises NotFetched and
    nothing else.
    """
    target = _checked(url, schemes)
    clock = _Clock(limits)
    head = _head("POST", target, {**headers, "Content-Length": str(len(body))})
    with _faults_named(), _connect(target, clock) as connection:
        connection.settimeout(clock.left(limits.read_seconds))
        connection.sendall(head + body)
        answer = HTTPResponse(cast(socket.socket, _BoundedReader(connection, clock)), method="POST")
        answer.begin()
        return answer.status


def demand_public(url: str, *, limits: Limits, schemes: Collection[str] = ("https",)) -> None:
    """Raise NotFetched where the address is none that could be asked, or leads to other than public machines."""
    _addresses_of(_checked(url, schemes), _Clock(limits))


def is_fetchable(url: str) -> bool:
    """Whether an address is one that could be fetched, as far as its text tells."""
    try:
        _checked(url)
    except NotFetched:
        return False
    return True


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise NotFetched("timed_out", "the server is too slow", is_final=False) from error
    except ssl.SSLCertVerificationError as error:
        raise NotFetched("bad_certificate", f"its certificate: {error.verify_message}", is_final=False) from error
    except (HTTPException, OSError, ValueError) as error:
        raise NotFetched("broken_answer", f"no proper answer: {type(error).__name__}", is_final=False) from error


class _Clock:
    """What is left of the time for all of a fetch."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._end = time.monotonic() + limits.total_seconds

    def left(self, most: float) -> float:
        """Seconds until the next step must be done; raises TimeoutError where none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, most)


class _BoundedReader(io.RawIOBase):
    """Reads a socket for so long and so much, however slowly the bytes drip."""

    def __init__(self, connection: socket.socket, clock: _Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._bytes_left = clock.limits.most_bytes + _HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._clock.left(self._clock.limits.read_seconds))
        count = self._connection.recv_into(buffer)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise _too_large(self._clock.limits)
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """What the standard library's parser asks a socket for."""
        return io.BufferedReader(self)


def _checked(url: str, schemes: Collection[str] = tuple(_PORTS)) -> SplitResult:
    bad = NotFetched("bad_address", "not an address of a file on the web", is_final=True)
    if len(url.encode(errors="replace")) > LONGEST_URL or any(
        ord(letter) <= 32 or ord(letter) == 127 for letter in url
    ):
        raise bad
    try:
        target = urlsplit(url)
        port = target.port
        (target.hostname or "").encode("idna")
    except ValueError as error:
        raise bad from error
    if target.scheme not in schemes or not target.hostname or port == 0:
        raise bad
    if "@" in target.netloc:
        raise NotFetched("bad_address", "an address with a name or password in it", is_final=True)
    return target


def _connect(target: SplitResult, clock: _Clock) -> socket.socket:
    connection = _connect_to_first(_addresses_of(target, clock), target.port or _PORTS[target.scheme], clock)
    if target.scheme == "http":
        return connection
    try:
        connection.settimeout(clock.left(clock.limits.connect_seconds))
        return ssl.create_default_context().wrap_socket(connection, server_hostname=_host(target))
    except BaseException:
        connection.close()
        raise


def _addresses_of(target: SplitResult, clock: _Clock) -> list[Address]:
    host = _host(target)
    try:
        addresses = resolve(host, timeout_seconds=clock.left(clock.limits.connect_seconds))
    except UnknownHost as error:
        raise NotFetched("unknown_host", f"there is no host {host}", is_final=False) from error
    if not all(map(is_public, addresses)):
        raise NotFetched("private_address", f"{host} is not on the public internet", is_final=True)
    return addresses


def _connect_to_first(addresses: list[Address], port: int, clock: _Clock) -> socket.socket:
    for address in addresses[:4]:
        try:
            return socket.create_connection((str(address), port), clock.left(clock.limits.connect_seconds))
        except OSError:  # of this address; the host may have others
            continue
    raise NotFetched("unreachable", "the server does not take connections", is_final=False)


def _host(target: SplitResult) -> str:
    return (target.hostname or "").encode("idna").decode()


def _head(method: str, target: SplitResult, headers: Mapping[str, str]) -> bytes:
    host = _host(target)
    shown = f"[{host}]" if ":" in host else host
    path = quote(target.path or "/", safe=_PATH_SAFE)
    query = f"?{quote(target.query, safe=f'{_PATH_SAFE}?')}" if target.query else ""
    lines = (
        f"{method} {path}{query} HTTP/1.1",
        f"Host: {shown}:{target.port}" if target.port else f"Host: {shown}",
        "User-Agent: shop",
        "Accept-Encoding: identity",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def _read_answer(connection: socket.socket, clock: _Clock) -> bytes:
    # The parser wants nothing of a socket but its file.
    answer = HTTPResponse(cast(socket.socket, _BoundedReader(connection, clock)), method="GET")
    answer.begin()
    _check_status(answer.status)
    if answer.getheader("Content-Encoding", "identity").strip().casefold() not in {"", "identity"}:
        raise NotFetched("encoded", "the server compresses what was asked for as it is", is_final=True)
    most, declared = clock.limits.most_bytes, answer.length
    if declared is not None and declared > most:
        raise _too_large(clock.limits)
    content = answer.read(most + 1)
    if len(content) > most:
        raise _too_large(clock.limits)
    if declared is not None and len(content) != declared:
        raise NotFetched("broken_answer", "the answer ends too early", is_final=False)
    return content


def _check_status(status: int) -> None:
    if status == 200:
        return
    if 300 <= status < 400:
        raise NotFetched("redirected", "the address leads to another one, which is not followed", is_final=True)
    is_final = 400 <= status < 500 and status not in _RETRIED_STATUSES
    raise NotFetched("http_status", f"the server answers {status}", is_final=is_final)


def _too_large(limits: Limits) -> NotFetched:
    return NotFetched("too_large", f"more than {limits.most_bytes:,} bytes", is_final=True)
