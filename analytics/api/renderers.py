"""CSV as a second format of reports."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from common.api.renderers import to_json


class CSVRenderer(BaseRenderer):
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
