"""JSON in: bounded in size, depth and number of values, refused clearly where it is not JSON or means two things."""

import hashlib
import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import APIException, ParseError

from common.card_numbers import refuse_card_numbers

MOST_LEVELS = 50
MOST_VALUES = 20_000  # a feed of a thousand rows has a third of that; each may cost a validator's work
_CHUNK_BYTES = 1 << 16


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "The request body is too large."


class JSONParser(parsers.JSONParser):
    """DRF's JSON parser with orjson: no NaN, no name twice, bounded nesting, at most JSON_BODY_MAX_BYTES."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(settings.JSON_BODY_MAX_BYTES + 1)
        if len(body) > settings.JSON_BODY_MAX_BYTES:
            raise BodyTooLarge
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError("The body is not valid JSON.", code="malformed_json") from error
        _refuse_unbounded(data)
        _refuse_repeated_names(body)
        refuse_card_numbers(data)
        return data


class _HashedStream:
    """A stream that hashes what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.hash.update(chunk)
        return chunk


class UploadParser(parsers.MultiPartParser):
    """Multipart with files that may be larger than memory; card numbers are looked for in all but their content.

    Leaves the SHA-256 of the raw body with the request, under `body_sha256` of its parser context: idempotency keys
    compare that.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        hashed = _HashedStream(stream)
        parsed = super().parse(hashed, media_type, parser_context)  # type: ignore[arg-type]  # all it does is read
        while hashed.read(_CHUNK_BYTES):  # what stands behind the last part belongs to the body too
            pass
        if isinstance(parser_context, dict):
            parser_context["body_sha256"] = hashed.hash.digest()
        names = {name: [file.name for file in files] for name, files in parsed.files.lists()}
        for name, values in (*parsed.data.lists(), *names.items()):
            refuse_card_numbers({name: values[0] if len(values) == 1 else values})
        return parsed


def _refuse_unbounded(data: object) -> None:
    """Refuse what is deeper than MOST_LEVELS, for what follows may recurse, or has more than MOST_VALUES."""
    inside, values = [data], 1
    for _ in range(MOST_LEVELS + 1):
        containers = [each for each in inside if isinstance(each, dict | list)]
        if not containers:
            return
        values += sum(len(each) for each in containers)
        if values > MOST_VALUES:
            raise ParseError(f"The body has more than {MOST_VALUES} values.", code="malformed_json")
        inside = [part for each in containers for part in (each.values() if isinstance(each, dict) else each)]
    raise ParseError(f"The body is nested more than {MOST_LEVELS} levels deep.", code="malformed_json")


def _refuse_repeated_names(body: bytes) -> None:
    """Refuse an object that says one name twice (RFC 8259, 4): who else reads it may take the other value.

    orjson takes the last and tells nobody, so the standard library looks again, at what is known to be shallow JSON.
    """
    json.loads(body, object_pairs_hook=_refuse_twins, parse_int=_unread, parse_float=_unread)


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ParseError("An object of the body has the same name twice.", code="malformed_json")


def _unread(digits: str) -> None:
    """A number is nothing to look at."""
