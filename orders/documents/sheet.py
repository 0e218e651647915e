"""What stands where on an invoice or a credit note, in words; frozen as the invoice is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from orders.models import Invoice

PERSON = ("full_name", "company", "address_line1", "address_line2")


@dataclass(frozen=True)
class Row:
    """One line of the table; price and tax rate are empty where they do not apply."""

    name: str
    sku: str
    quantity: str
    price: str
    tax_rate: str
    amount: str


@dataclass(frozen=True)
class Total:
    """One line below the table."""

    label: str
    amount: str
    is_strong: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything that is printed, from top to bottom."""

    title: str
    number: str
    seller: list[str]
    buyer: list[str]
    facts: list[tuple[str, str]]
    rows: list[Row]
    totals: list[Total]
    notes: list[str]
    currency: str
    issued_at: datetime


def sheet_of(invoice: Invoice) -> Sheet:
    """The sheet of an invoice; reads its order's number and the number of the invoice that it corrects."""
    return Sheet(
        title=invoice.get_kind_display(),
        number=invoice.number,
        seller=_seller(invoice.seller),
        buyer=_buyer(invoice.buyer),
        facts=_facts(invoice),
        rows=[_row(line) for line in invoice.lines],
        totals=_totals(invoice),
        notes=[f"Reason: {invoice.reason}"] if invoice.reason else [],
        currency=invoice.currency,
        issued_at=invoice.issued_at,
    )


def _seller(seller: Mapping[str, Any]) -> list[str]:
    tax_id = f"Tax ID {seller['tax_id']}" if seller.get("tax_id") else ""
    return [line for line in (seller["name"], *seller.get("address", []), tax_id, seller.get("email", "")) if line]


def _buyer(buyer: Mapping[str, str]) -> list[str]:
    place = " ".join(filter(None, (buyer.get("postal_code"), buyer.get("city"), buyer.get("state"))))
    return [line for line in (*(buyer.get(name) for name in PERSON), place, buyer.get("country")) if line]


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    day = timezone.localtime(invoice.issued_at, ZoneInfo(settings.SHOP_TIME_ZONE)).date()
    facts = [("Number", invoice.number), ("Date", day.isoformat()), ("Order", invoice.order.order_number)]
    if invoice.corrects is not None:
        facts.append(("For invoice", invoice.corrects.number))
    return facts


def _row(line: Mapping[str, Any]) -> Row:
    name = f"{line['name']} ({line['variation_name']})" if line["variation_name"] else line["name"]
    is_taxed = Decimal(line["tax_rate"]) > 0
    return Row(
        name=name,
        sku=line["sku"],
        quantity=str(line["quantity"] or ""),
        price=line["price"] or "",
        tax_rate=f"{line['tax_rate']} %" if is_taxed else "",
        amount=line["total_price"],
    )


def _totals(invoice: Invoice) -> list[Total]:
    totals = [Total("Subtotal", str(invoice.subtotal))]
    if invoice.discount:
        totals.append(Total("Discount", f"-{invoice.discount}"))
    totals.append(Total("Shipping", str(invoice.shipping_cost)))
    added = [line for line in invoice.tax_lines if not line["included"]]
    totals += [Total(f"{line['name']} {line['rate']} %", line["amount"]) for line in added]
    totals.append(Total("Total", f"{invoice.total} {invoice.currency}", is_strong=True))
    contained = [line for line in invoice.tax_lines if line["included"]]
    totals += [Total(f"Contains {line['name']} {line['rate']} %", line["amount"]) for line in contained]
    return totals
