"""Invoices and credit notes on paper: one description of the sheet, shown as a page and as a PDF."""

from orders.documents.page import as_page
from orders.documents.pdf import as_pdf
from orders.documents.sheet import Sheet, sheet_of

__all__ = ["Sheet", "as_page", "as_pdf", "sheet_of"]
