"""Payments, refunds, disputes, webhooks received, and the dummy gateway's own ledger."""

from payments.models.dispute import Dispute
from payments.models.dummy_ledger import DummyCharge, DummyRefund
from payments.models.payment import Payment
from payments.models.refund import Refund, RefundItem
from payments.models.webhook_event import WebhookEvent

__all__ = ["Dispute", "DummyCharge", "DummyRefund", "Payment", "Refund", "RefundItem", "WebhookEvent"]
