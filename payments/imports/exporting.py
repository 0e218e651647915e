"""Writes the orders in the native format, block by block; importing it again changes nothing."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from common.imports.formulas import protect
from orders.models import Order, OrderItem
from payments.imports.native_rows import ADDRESS, COLUMNS
from payments.models import Payment, Refund

BLOCK_ORDERS = 200


def export_rows() -> Iterator[Sequence[str]]:
    """Yield the header and each order's rows: one for each line, then one for each part of its refunds.

    What stands for the whole order is in its first row. Attempts to pay that failed and refunds under way are left out.
    """
    yield COLUMNS
    last = 0
    while block := list(Order.objects.filter(id__gt=last).order_by("id")[:BLOCK_ORDERS]):
        ids = [order.pk for order in block]
        lines = _lines(ids)
        payments = {payment.order_id: payment for payment in _payments(ids)}
        refunds = _refunds([payment.pk for payment in payments.values()])
        for order in block:
            payment = payments.get(order.pk)
            own = lines[order.pk]
            returned = refunds.get(payment.pk, []) if payment else []
            parts = [part for place, refund in enumerate(returned, 1) for part in _refund_cells(place, refund, own)]
            rows = [*map(_line_cells, own), *parts]
            for place, cells in enumerate(rows):
                shown = (_order_cells(order, payment) if place == 0 else {}) | cells
                shown["order_number"] = order.order_number
                yield [protect(_text(shown.get(column))) for column in COLUMNS]
        last = ids[-1]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _order_cells(order: Order, payment: Payment | None) -> dict[str, Any]:
    addresses = {
        f"{kind}_{column}": snapshot.get(column)
        for kind, snapshot in (
            ("shipping", order.shipping_address_snapshot),
            ("billing", order.billing_address_snapshot),
        )
        for column in ADDRESS
    }
    same = (
        "created_at",
        "status",
        "email",
        "currency",
        "prices_include_tax",
        "tracking_number",
        "notes",
        "coupon_code",
    )
    money = ("shipping_cost", "shipping_discount", "shipping_tax", "discount", "total", "paid_at")
    cells = {column: getattr(order, column) for column in (*same, *money)} | addresses
    details = (payment.payment_details or {}) if payment else {}
    return cells | {
        "shipping_method": order.shipping_method_name,
        "tax": order.tax + order.tax_included,
        "tax_lines": json.dumps(order.tax_lines) if order.tax_lines else "",
        "payment_method": details.get("imported_method", payment.payment_method) if payment else "",
        "transaction_id": payment.transaction_id if payment else "",
    }


def _line_cells(line: OrderItem) -> dict[str, Any]:
    return {
        "sku": line.product_sku,
        "product_name": line.product_name,
        "variation_name": line.variation_name,
        "quantity": line.quantity,
        "price": line.price,
        "unit_cost": line.unit_cost,
        "discount_share": line.discount_share,
        "tax_rate": line.tax_rate,
        "line_tax": line.tax_added + line.tax_included,
    }


def _refund_cells(place: int, refund: Refund, lines: Sequence[OrderItem]) -> Iterator[dict[str, Any]]:
    places = {line.pk: place for place, line in enumerate(lines, 1)}
    shared = {
        "refund": place,
        "refunded_at": refund.succeeded_at,
        "refund_by_lines": refund.is_by_lines,
        "refund_reason": refund.reason,
        "refund_transaction_id": refund.refund_transaction_id,
    }
    for item in sorted(refund.items.all(), key=lambda item: places[item.order_item_id]):
        yield shared | {
            "refund_line": places[item.order_item_id],
            "refund_amount": item.amount,
            "refund_tax": item.tax_amount,
            "refund_quantity": item.quantity,
            "refund_restocked": item.restocked_quantity,
        }
    if refund.shipping_amount:
        yield shared | {"refund_amount": refund.shipping_amount}


def _lines(order_ids: list[int]) -> dict[int, list[OrderItem]]:
    lines: dict[int, list[OrderItem]] = defaultdict(list)
    for line in OrderItem.objects.filter(order_id__in=order_ids).order_by("id"):
        lines[line.order_id].append(line)
    return lines


def _payments(order_ids: list[int]) -> list[Payment]:
    return list(Payment.objects.filter(order_id__in=order_ids, is_surplus=False, status__in=Payment.CAPTURED))


def _refunds(payment_ids: list[int]) -> dict[int, list[Refund]]:
    refunds: dict[int, list[Refund]] = defaultdict(list)
    found = Refund.objects.filter(payment_id__in=payment_ids, status=Refund.Status.SUCCEEDED).prefetch_related("items")
    for refund in found.order_by("succeeded_at", "id"):
        refunds[refund.payment_id].append(refund)
    return refunds
