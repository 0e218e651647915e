"""Buyers who each put one unit into a cart of their own and, once all have, order it, so many at once."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 60.0
NO_ANSWER = 0

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Answer:
    """An answer's status (NO_ANSWER for none), its code or the order's number, and how long it took."""

    status: int
    said: str
    seconds: float


class Shop:
    """The shop's API at an address; each thread keeps a connection of its own."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host = address.netloc
        self._prefix = address.path.rstrip("/")
        self._kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._own = threading.local()

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer; NO_ANSWER and why where there is none."""
        sent = {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = None if body is None else json.dumps(body)
        try:
            connection = self._connection()
            connection.request(method, f"{self._prefix}/api/v1/{path}", content, sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection().close()
            return NO_ANSWER, {"code": type(error).__name__}

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = self._kind(self._host, timeout=TIMEOUT_SECONDS)
        connection: http.client.HTTPConnection = self._own.connection
        return connection


def fill_carts(shop: Shop, *, product_id: int, buyers: int, concurrency: int) -> list[str]:
    """One cart with one unit per buyer; the tokens. Raises RuntimeError where a cart is refused."""

    def fill(_number: int) -> str:
        status, body = shop.request("POST", "cart/items/", {"product": product_id, "quantity": 1})
        if status != 201:
            raise RuntimeError(f"A cart was answered with {status}: {body.get('code')}.")
        return str(body["token"])

    return _each(fill, range(buyers), concurrency)


def order_all(shop: Shop, *, tokens: list[str], wish: dict[str, Any], concurrency: int) -> list[Answer]:
    """Every cart is ordered once, so many at a time."""

    def order(token: str) -> Answer:
        began = time.monotonic()
        mine = {**wish, "email": f"stress-{token[:12].lower()}@example.invalid"}
        status, body = shop.request("POST", "checkout/", mine, X_Cart_Token=token, Idempotency_Key=token)
        said = body.get("order_number") or body.get("code") or ""
        return Answer(status, str(said), time.monotonic() - began)

    return _each(order, tokens, concurrency)


def _each(do: Callable[[Given], Made], given: Iterable[Given], concurrency: int) -> list[Made]:
    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(do, given))
