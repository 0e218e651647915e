"""What stands in an invoice and in a credit note: money that is known already, copied and never priced again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from common.money import ZERO, round_money
from orders.models import Invoice, Order, OrderItem

Line = dict[str, Any]
Kind = Invoice.Kind


@dataclass(frozen=True)
class CreditItem:
    """What a refund gave back of one order line; no units where an amount was named. `tax` is part of `amount`."""

    order_item_id: int
    quantity: int
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Credit:
    """A refund that succeeded; the items and the shipping sum to the amount."""

    refund_id: int
    amount: Decimal
    shipping_amount: Decimal
    reason: str
    items: Sequence[CreditItem]


def build_invoice(*, order: Order, items: Sequence[OrderItem], issued_at: datetime) -> Invoice:
    """The invoice of an order, not yet numbered."""
    return Invoice(
        kind=Kind.INVOICE,
        order=order,
        issued_at=issued_at,
        seller=settings.SHOP_SELLER,
        buyer=order.billing_address_snapshot,
        lines=[_line(item) for item in items],
        tax_lines=order.tax_lines,
        subtotal=order.subtotal,
        discount=order.discount,
        shipping_cost=order.shipping_cost,
        tax=order.tax,
        tax_included=order.tax_included,
        total=order.total,
        currency=order.currency,
    )


def build_credit_note(
    *, invoice: Invoice, order: Order, items: Sequence[OrderItem], credit: Credit, issued_at: datetime
) -> Invoice:
    """The credit note for a refund, not yet numbered; seller and buyer are those of the invoice."""
    by_id = {item.id: item for item in items}
    shipping_tax = _shipping_tax(invoice, order, items, credit)
    tax = sum((item.tax for item in credit.items), shipping_tax)
    added, included = (ZERO, tax) if order.prices_include_tax else (tax, ZERO)
    lines = [_credit_line(by_id[item.order_item_id], item, order) for item in credit.items if item.amount]
    shipping = credit.shipping_amount if order.prices_include_tax else credit.shipping_amount - shipping_tax
    return Invoice(
        kind=Kind.CREDIT_NOTE,
        order=order,
        corrects=invoice,
        refund_id=credit.refund_id,
        issued_at=issued_at,
        seller=invoice.seller,
        buyer=invoice.buyer,
        lines=lines,
        tax_lines=_credit_tax_lines(order, by_id, credit, shipping_tax),
        reason=credit.reason,
        subtotal=credit.amount - shipping - added,
        shipping_cost=shipping,
        tax=added,
        tax_included=included,
        total=credit.amount,
        currency=order.currency,
    )


def _line(item: OrderItem) -> Line:
    return {
        "name": item.product_name,
        "variation_name": item.variation_name or "",
        "sku": item.product_sku,
        "quantity": item.quantity,
        "price": str(item.price),
        "total_price": str(item.total_price),
        "tax_rate": f"{item.tax_rate.normalize():f}",
        "tax": str(item.tax_added + item.tax_included),
    }


def _credit_line(item: OrderItem, given: CreditItem, order: Order) -> Line:
    """A line of the refund; its price is null, for what was paid for a unit is less its share of the discount."""
    net = given.amount if order.prices_include_tax else given.amount - given.tax
    return {**_line(item), "quantity": given.quantity, "price": None, "total_price": str(net), "tax": str(given.tax)}


def _shipping_tax(invoice: Invoice, order: Order, items: Sequence[OrderItem], credit: Credit) -> Decimal:
    """The tax within the shipping given back; rounded so that the parts of several refunds sum to the whole."""
    worth = order.total - sum((item.total_price - item.discount_share + item.tax_added for item in items), ZERO)
    if not credit.shipping_amount or not order.shipping_tax or worth <= 0:
        return ZERO
    earlier = list(invoice.credit_notes.all()) if invoice.pk else []
    before = sum((shipping_worth(note) for note in earlier), ZERO)
    after = before + credit.shipping_amount
    return round_money(order.shipping_tax * after / worth) - round_money(order.shipping_tax * before / worth)


def shipping_worth(note: Invoice) -> Decimal:
    """What a credit note gave back for shipping, tax and all."""
    lines_tax = sum((Decimal(line["tax"]) for line in note.lines), ZERO)
    added = note.tax - lines_tax if note.tax else ZERO
    return note.shipping_cost + added


def _credit_tax_lines(
    order: Order, items: dict[int, OrderItem], credit: Credit, shipping_tax: Decimal
) -> list[dict[str, Any]]:
    taxes: dict[str, Decimal] = {}
    for given in credit.items:
        rate = _rate(items[given.order_item_id].tax_rate)
        taxes[rate] = taxes.get(rate, ZERO) + given.tax
    if shipping_tax:
        rate = _rate_of_shipping(order, list(items.values()))
        taxes[rate] = taxes.get(rate, ZERO) + shipping_tax
    names = {line["rate"]: line["name"] for line in reversed(order.tax_lines)}
    return [
        {"name": names.get(rate, ""), "rate": rate, "amount": str(amount), "included": order.prices_include_tax}
        for rate, amount in taxes.items()
        if amount
    ]


def _rate_of_shipping(order: Order, items: Sequence[OrderItem]) -> str:
    """The rate whose tax lines, several where two taxes are as high, hold more than the order's lines explain."""
    unexplained: dict[str, Decimal] = {}
    for line in order.tax_lines:
        unexplained[line["rate"]] = unexplained.get(line["rate"], ZERO) + Decimal(line["amount"])
    for item in items:
        rate = _rate(item.tax_rate)
        unexplained[rate] = unexplained.get(rate, ZERO) - item.tax_added - item.tax_included
    return max(unexplained, key=lambda rate: unexplained[rate])


def _rate(rate: Decimal) -> str:
    return f"{rate.normalize():f}"
