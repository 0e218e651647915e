"""Fields that several account forms share."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers

from authentication.services.passwords import PASSWORD_MAX_LENGTH

DETAILS_MAX_BYTES = 8_000
DETAILS_MAX_DEPTH = 6
DETAILS_MAX_NUMBER = 2**53  # beyond it other programs' numbers lose digits, and ours come back as whole ones


class PasswordField(serializers.CharField):
    """A password as typed; too long a one is refused before anything is hashed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", PASSWORD_MAX_LENGTH)
        super().__init__(write_only=True, trim_whitespace=False, style={"input_type": "password"}, **kwargs)


class SecretField(serializers.CharField):
    """A refresh token or the token of a mailed link."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2_000)
        super().__init__(**kwargs)


class PhoneField(serializers.RegexField):
    """A phone number of at most 15 characters, in any usual spelling."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 15)
        super().__init__(regex=r"^[+(]?[0-9][0-9 ()./-]*$", **kwargs)


class DetailsField(serializers.JSONField):
    """A JSON object of the storefront's own: small, shallow, and without what PostgreSQL cannot keep."""

    default_error_messages = {
        "not_an_object": "A JSON object.",
        "too_large": f"At most {DETAILS_MAX_BYTES} bytes of JSON.",
        "too_deep": f"At most {DETAILS_MAX_DEPTH} levels deep.",
        "null_characters_not_allowed": "Null characters are not allowed.",
        "number_too_large": f"Numbers are at most {DETAILS_MAX_NUMBER}.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            self.fail("not_an_object")
        if len(json.dumps(data, ensure_ascii=False).encode()) > DETAILS_MAX_BYTES:
            self.fail("too_large")
        for depth, value in _walk(data):
            if depth > DETAILS_MAX_DEPTH:
                self.fail("too_deep")
            if isinstance(value, str) and "\x00" in value:
                self.fail("null_characters_not_allowed")
            if isinstance(value, int | float) and abs(value) > DETAILS_MAX_NUMBER:
                self.fail("number_too_large")
        return data


def _walk(data: object) -> Iterator[tuple[int, object]]:
    """Every key and value with its level: an object's own members stand on the level after it."""
    waiting = [(1, data)]
    while waiting:
        depth, value = waiting.pop()
        inside = isinstance(value, Mapping | list)
        yield depth if inside else depth - 1, value
        if isinstance(value, Mapping):
            waiting += [(depth + 1, part) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(depth + 1, part) for part in value]
