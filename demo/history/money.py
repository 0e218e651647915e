"""The money of the written orders: payments, refunds, and the dummy gateway's own books, which must say the same."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from common.money import round_money
from demo.history.plan import Fate
from demo.history.writing import WrittenOrder
from demo.rows import insert_rows
from orders.models import Order, OrderItem
from payments.models import DummyCharge, Payment, Refund
from payments.services.refund_plans import RefundPlan, plan_amount, plan_rest, what_is_left

Row = dict[str, Any]


def write_money(orders: Sequence[WrittenOrder], *, staff_id: int) -> None:
    """Write payments and refunds, by card at the dummy gateway, else by bank transfer."""
    attempts = [order for order in orders if order.is_paid or _payment_status(order)]
    ids = insert_rows("payments_payment", [_payment_row(order) for order in attempts])
    for order, payment_id in zip(attempts, ids, strict=True):
        order.payment_id = payment_id
    payments = Payment.objects.in_bulk(ids)
    insert_rows(
        "payments_dummycharge",
        [_charge_row(payments[order.payment_id or 0]) for order in attempts if not order.planned.by_transfer],
    )
    _write_refunds([order for order in attempts if order.course.refunded_at], payments, staff_id)


def _payment_status(order: WrittenOrder) -> str:
    fate = order.planned.fate
    if fate is Fate.WAITING:
        return Payment.Status.PENDING
    if fate is Fate.CANCELLED_UNPAID:
        return "" if order.planned.by_transfer else Payment.Status.FAILED
    if fate in {Fate.REFUNDED, Fate.CANCELLED_PAID}:
        return Payment.Status.REFUNDED
    return Payment.Status.PARTIALLY_REFUNDED if fate is Fate.PARTLY_REFUNDED else Payment.Status.SUCCEEDED


def _payment_row(order: WrittenOrder) -> Row:
    course, status = order.course, _payment_status(order)
    is_charged = not order.planned.by_transfer
    started_at = course.placed_at + timedelta(seconds=90)
    details = {"token": "tok_declined", "code": "card_declined"} if status == Payment.Status.FAILED else None
    return {
        "order_id": order.order_id,
        "amount": order.pricing.total,
        "status": status,
        "payment_method": "dummy" if is_charged else "manual",
        "transaction_id": f"dummy_ch_{secrets.token_hex(12)}" if is_charged and order.is_paid else None,
        "payment_details": details or ({"token": "tok_ok"} if is_charged else None),
        "currency": "USD",
        "client_action": _transfer(order) if status == Payment.Status.PENDING else None,
        "created_at": min(started_at, course.paid_at or started_at),
        "updated_at": course.refunded_at or course.paid_at or started_at,
        "actor_id": order.planned.customer.user_id,
    }


def _transfer(order: WrittenOrder) -> Row:
    return {
        "type": "bank_transfer",
        "reference": order.order_number,
        "amount": str(order.pricing.total),
        "currency": "USD",
    }


def _charge_row(payment: Payment) -> Row:
    failed = payment.status == Payment.Status.FAILED
    return {
        "idempotency_key": str(payment.id),
        "transaction_id": payment.transaction_id or f"dummy_ch_{secrets.token_hex(12)}",
        "amount": payment.amount,
        "currency": payment.currency,
        "status": Payment.Status.FAILED if failed else Payment.Status.SUCCEEDED,
        "token": "tok_declined" if failed else "tok_ok",
        "created_at": payment.created_at,
    }


def _write_refunds(orders: Sequence[WrittenOrder], payments: dict[int, Payment], staff_id: int) -> None:
    rows = Order.objects.in_bulk([order.order_id for order in orders])
    charges = {charge.idempotency_key: charge.id for charge in DummyCharge.objects.all()}
    paid = [(order, payments[order.payment_id or 0]) for order in orders]
    plans = [_plan(order, rows[order.order_id], payment) for order, payment in paid]
    ids = insert_rows(
        "payments_refund",
        [_refund_row(order, payment, plan, staff_id) for (order, payment), plan in zip(paid, plans, strict=True)],
    )
    refunds = Refund.objects.in_bulk(ids)
    insert_rows(
        "payments_refunditem",
        [
            row
            for (order, _), plan, refund_id in zip(paid, plans, ids, strict=True)
            for row in _refund_item_rows(order, plan, refund_id)
        ],
    )
    insert_rows(
        "payments_dummyrefund",
        [
            {
                "idempotency_key": str(refund_id),
                "transaction_id": refunds[refund_id].refund_transaction_id,
                "charge_id": charges[str(payment.id)],
                "amount": refunds[refund_id].amount,
                "created_at": order.course.refunded_at,
            }
            for (order, payment), refund_id in zip(paid, ids, strict=True)
            if payment.payment_method == "dummy"
        ],
    )
    for (_, payment), plan in zip(paid, plans, strict=True):
        payment.refunded_amount = plan.amount
    Payment.objects.bulk_update([payment for _, payment in paid], ["refunded_amount"])


def _plan(order: WrittenOrder, row: Order, payment: Payment) -> RefundPlan:
    left = what_is_left(order=row, payment=payment)
    if order.planned.fate is Fate.PARTLY_REFUNDED:
        return plan_amount(left, round_money(payment.amount * Decimal("0.2")))
    return plan_rest(left)


def _refund_row(order: WrittenOrder, payment: Payment, plan: RefundPlan, staff_id: int) -> Row:
    by_card = payment.payment_method == "dummy"
    return {
        "payment_id": payment.id,
        "amount": plan.amount,
        "reason": _REASONS[order.planned.fate],
        "status": Refund.Status.SUCCEEDED,
        "refund_transaction_id": f"{'dummy_re_' if by_card else 'manual-refund-'}{secrets.token_hex(12)}",
        "shipping_amount": plan.shipping_amount,
        "is_by_lines": plan.is_by_lines,
        "restock": order.planned.fate is Fate.REFUNDED,
        "succeeded_at": order.course.refunded_at,
        "actor_id": None if order.planned.fate is Fate.CANCELLED_PAID else staff_id,
        "created_at": order.course.refunded_at,
        "updated_at": order.course.refunded_at,
    }


def _refund_item_rows(order: WrittenOrder, plan: RefundPlan, refund_id: int) -> list[Row]:
    restocked = dict(OrderItem.objects.filter(order_id=order.order_id).values_list("id", "restocked_quantity"))
    return [
        {
            "refund_id": refund_id,
            "order_item_id": item.order_item_id,
            "quantity": item.quantity,
            "amount": item.amount,
            "tax_amount": item.tax_amount,
            "restocked_quantity": restocked[item.order_item_id],
        }
        for item in plan.items
    ]


_REASONS = {
    Fate.CANCELLED_PAID: "The order was cancelled.",
    Fate.REFUNDED: "Sent back unworn.",
    Fate.PARTLY_REFUNDED: "A small flaw; the customer keeps it.",
}
