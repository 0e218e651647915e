"""Reading the bodies of webhooks: objects and short texts, nothing that the database could not keep."""

from collections.abc import Mapping
from typing import Any

import orjson

from payments.errors import MalformedEvent

MAX_ID_LENGTH = 100


def decode(body: bytes) -> dict[str, Any]:
    """The body as an object; raises MalformedEvent."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedEvent("The body is not valid JSON.") from error
    if not isinstance(payload, dict) or b"\\u0000" in body:
        raise MalformedEvent
    return payload


def text(data: Mapping[str, Any], name: str) -> str:
    """A short text that must be there; raises MalformedEvent."""
    value = data.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID_LENGTH:
        raise MalformedEvent(f"`{name}` is missing or not a short text.")
    return value


def optional_text(data: Mapping[str, Any], name: str) -> str:
    """A text that may be missing, cut to its length; empty where there is none."""
    value = data.get(name)
    return value[:MAX_ID_LENGTH] if isinstance(value, str) else ""


def whole_number(data: Mapping[str, Any], name: str) -> int:
    """A whole number that must be there; raises MalformedEvent."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedEvent(f"`{name}` is missing or not a whole number.")
    return value


def mapping(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object that must be there; raises MalformedEvent."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise MalformedEvent(f"`{name}` is missing.")
    return value
