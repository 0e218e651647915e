"""Invoices: issued once per paid order, credit notes once per refund of it, numbered without gaps and frozen."""

from orders.services.invoices.contents import Credit, CreditItem, build_credit_note, build_invoice
from orders.services.invoices.issuing import issue_credit_note, issue_invoice, issue_missing, issue_past

__all__ = [
    "Credit",
    "CreditItem",
    "build_credit_note",
    "build_invoice",
    "issue_credit_note",
    "issue_invoice",
    "issue_missing",
    "issue_past",
]
