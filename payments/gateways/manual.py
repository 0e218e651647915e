"""Bank transfer: nobody is called; the customer sends the money and staff say when it came."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from common.errors import InvalidInput
from payments.gateways.protocol import Intent, Outcome, RefundIntent, RefundOutcome
from payments.models import Payment, Refund


class ManualGateway:
    """The customer gets a reference; refunds are booked at once, staff send the money."""

    name = "manual"
    label = "Bank transfer"
    description = "Transfer the amount to our account with the order number as reference."

    def clean_details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """A bank transfer needs no details."""
        if details:
            raise InvalidInput.of("details", "unknown_field", "A bank transfer takes no details.")
        return {}

    def start(self, intent: Intent) -> Outcome:
        """Tell the customer what to transfer; the order is held from when it was placed, however often tried."""
        hold_until = (intent.ordered_at or timezone.now()) + timedelta(days=settings.MANUAL_PAYMENT_DAYS)
        action = {
            "type": "bank_transfer",
            "reference": intent.order_number,
            "amount": str(intent.amount),
            "currency": intent.currency,
            "account": settings.BANK_ACCOUNT,
            "due_at": hold_until.isoformat().replace("+00:00", "Z"),
        }
        return Outcome(status=Payment.Status.PENDING, client_action=action, hold_until=hold_until)

    def find(self, intent: Intent) -> Outcome | None:
        """Nobody but us knows of it, so what was begun waits for its money."""
        return self.start(intent)

    def cancel(self, intent: Intent) -> Outcome:
        """Stop waiting for the money."""
        return Outcome(status=Payment.Status.CANCELLED)

    def refund(self, intent: RefundIntent) -> RefundOutcome:
        """Staff send the money, so the refund counts as done."""
        return RefundOutcome(status=Refund.Status.SUCCEEDED, transaction_id=f"manual-refund-{intent.key}")

    def find_refund(self, intent: RefundIntent) -> RefundOutcome | None:
        """Nobody but us knows of it."""
        return self.refund(intent)
