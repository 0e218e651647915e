"""Invoices and credit notes on paper: one description of the sheet, shown as a page and as a PDF."""

from typing import cast

from django.utils.module_loading import import_string

from orders.documents.page import as_page
from orders.documents.sheet import Sheet, sheet_of

__all__ = ["Sheet", "as_page", "as_pdf", "sheet_of"]


def as_pdf(sheet: Sheet) -> bytes:
    """The PDF's bytes. What makes them takes 30 MB, so only a process that is asked for a PDF loads it."""
    return cast("bytes", import_string("orders.documents.pdf.as_pdf")(sheet))
