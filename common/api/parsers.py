"""JSON in: bounded in size and depth, refused clearly where it is not JSON."""

import hashlib
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import APIException, ParseError

MOST_LEVELS = 50
_CHUNK_BYTES = 1 << 16


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "The request body is too large."


class JSONParser(parsers.JSONParser):
    """DRF's JSON parser with orjson: no NaN, bounded nesting, at most JSON_BODY_MAX_BYTES."""

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
        if _is_deeper_than(MOST_LEVELS, data):
            raise ParseError(f"The body is nested more than {MOST_LEVELS} levels deep.", code="malformed_json")
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
    """Multipart with files that may be larger than memory.

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
        return parsed


def _is_deeper_than(levels: int, data: object) -> bool:
    """Whether lists and objects stand in each other more than so many levels; what follows may recurse."""
    inside = [data]
    for _ in range(levels + 1):
        containers = [each for each in inside if isinstance(each, dict | list)]
        if not containers:
            return False
        inside = [part for each in containers for part in (each.values() if isinstance(each, dict) else each)]
    return True
