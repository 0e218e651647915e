"""Requests as the bytes that go over the wire, built before the clock runs."""

import json
from typing import Any

HOST = "shop.example"
API = "/api/v1"
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def get(path: str, **headers: str) -> bytes:
    """A GET of a path below the API; names of headers are given with underscores."""
    return _request("GET", path, b"", headers)


def post(path: str, body: Any, **headers: str) -> bytes:
    """A POST of JSON."""
    return post_bytes(path, json.dumps(body, separators=(",", ":")).encode(), **headers)


def post_bytes(path: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON that is written already."""
    return _request("POST", path, body, {"Content_Type": "application/json", **headers})


def _request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    fields = {"Host": HOST, "User-Agent": _AGENT, "Accept": "application/json"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if method != "GET":
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {API}{path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
