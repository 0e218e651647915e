"""Payments in the admin site: to look at, with actions that call the services."""

from payments.admin.payments import PaymentAdmin
from payments.admin.records import DummyChargeAdmin, DummyRefundAdmin, WebhookEventAdmin
from payments.admin.refunds import RefundAdmin, RefundItemAdmin

__all__ = [
    "DummyChargeAdmin",
    "DummyRefundAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "RefundItemAdmin",
    "WebhookEventAdmin",
]
