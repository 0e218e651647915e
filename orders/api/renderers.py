"""An invoice as a page and as a PDF; what went wrong stays a problem document."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from common.api.renderers import to_json
from orders.documents import as_page, as_pdf, sheet_of


class _InvoiceRenderer(BaseRenderer):
    """Renders the invoice that the view names in the context; errors as JSON."""

    charset: str | None = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        context = renderer_context or {}
        if context["response"].status_code != 200:
            return to_json(data)
        return self.as_bytes(context["view"].invoice)

    def as_bytes(self, invoice: Any) -> bytes:
        """The document."""
        raise NotImplementedError


class InvoicePageRenderer(_InvoiceRenderer):
    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def as_bytes(self, invoice: Any) -> bytes:
        return as_page(sheet_of(invoice)).encode()


class InvoicePdfRenderer(_InvoiceRenderer):
    media_type = "application/pdf"
    format = "pdf"
    render_style = "binary"

    def as_bytes(self, invoice: Any) -> bytes:
        return as_pdf(sheet_of(invoice))
