"""Payments and refunds as the API shows them: to the customer, to staff, in orders and in stored answers alike.

Whatever the gateway told us besides stays inside.
"""

from datetime import datetime
from typing import Any

from payments.models import Payment, Refund
from payments.services.refund_plans import Left, RefundPlan


def payment_body(payment: Payment) -> dict[str, Any]:
    """What POST orders/{n}/payments/ and the capture answer."""
    return {
        "id": payment.id,
        "order_number": payment.order.order_number,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "status": str(payment.status),
        "payment_method": payment.payment_method,
        "transaction_id": payment.transaction_id,
        "client_action": payment.client_action,
        "is_surplus": payment.is_surplus,
        "refunded_amount": str(payment.refunded_amount),
        "created_at": _time(payment.created_at),
    }


def payment_in_order(payment: Payment) -> dict[str, Any]:
    """A payment among an order's `payments`."""
    body = payment_body(payment)
    del body["order_number"]
    refunds = sorted(payment.refunds.all(), key=lambda refund: refund.id)
    body["refunds"] = [_refund_in_payment(refund) for refund in refunds]
    return body


def refund_body(refund: Refund) -> dict[str, Any]:
    """What POST payments/{id}/refunds/ answers."""
    payment = refund.payment
    return {
        "id": refund.id,
        "payment": payment.id,
        "order_number": payment.order.order_number,
        "amount": str(refund.amount),
        "currency": payment.currency,
        "status": str(refund.status),
        "reason": refund.reason,
        "restock": refund.restock,
        "shipping_amount": str(refund.shipping_amount),
        "items": _items(refund),
        "refund_transaction_id": refund.refund_transaction_id,
        "created_at": _time(refund.created_at),
    }


def preview_body(payment: Payment, left: Left, plan: RefundPlan) -> dict[str, Any]:
    """What POST payments/{id}/refunds/preview/ answers."""
    return {
        "payment": payment.id,
        "currency": payment.currency,
        "refundable_amount": str(left.amount),
        "amount": str(plan.amount),
        "shipping_amount": str(plan.shipping_amount),
        "items": [
            {
                "order_item": item.order_item_id,
                "quantity": item.quantity,
                "amount": str(item.amount),
                "tax_amount": str(item.tax_amount),
            }
            for item in plan.items
        ],
    }


def _refund_in_payment(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "amount": str(refund.amount),
        "status": str(refund.status),
        "shipping_amount": str(refund.shipping_amount),
        "items": _items(refund),
        "created_at": _time(refund.created_at),
    }


def _items(refund: Refund) -> list[dict[str, Any]]:
    return [
        {
            "order_item": item.order_item_id,
            "quantity": item.quantity,
            "amount": str(item.amount),
            "tax_amount": str(item.tax_amount),
        }
        for item in sorted(refund.items.all(), key=lambda item: item.id)
    ]


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
