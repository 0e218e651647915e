"""JSON out, by orjson, and CSV as a second format of what views stream themselves."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework import renderers


def _as_json(value: object) -> object:
    if isinstance(value, Decimal | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def to_json(data: object, *, sort_keys: bool = False) -> bytes:
    """The data as compact JSON; decimals become strings, so that money stays exact."""
    order = orjson.OPT_SORT_KEYS if sort_keys else 0
    return orjson.dumps(data, default=_as_json, option=orjson.OPT_NON_STR_KEYS | order)


class JSONRenderer(renderers.JSONRenderer):
    """DRF's JSON renderer with orjson doing the work; problem documents keep their own content type."""

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else to_json(data)


class CSVRenderer(renderers.BaseRenderer):
    """Makes `Accept: text/csv` acceptable; the view streams the rows itself, only problems are rendered here."""

    media_type = "text/csv"
    format = "csv"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return to_json(data)
