"""Request bodies that come in chunks, without a length."""

import io
from collections.abc import Iterable
from typing import Any

import pytest
from pytest_django import Settings

from config.wsgi import with_length


def _read(environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
    return [environ["CONTENT_LENGTH"].encode(), environ["wsgi.input"].read()]


@pytest.mark.parametrize(("body", "seen"), [(b"{}", [b"2", b"{}"]), (b"x" * 20, [b"11", b"x" * 11])])
def test_a_body_in_chunks_is_read_up_to_the_limit(settings: Settings, body: bytes, seen: list[bytes]) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(body)}

    assert with_length(_read)(environ, None) == seen


def test_a_body_of_known_length_is_left_alone() -> None:
    body = io.BytesIO(b"{}")
    environ = {"CONTENT_LENGTH": "1", "wsgi.input": body}

    with_length(_read)(environ, None)

    assert environ["wsgi.input"] is body
