"""Stripe: payment intents, refunds and webhooks through its own library.

Making an intent moves no money, so it may be repeated to learn its id; only confirming it does, by us where the client
named a payment method, else by the client with the intent's secret. Each has an idempotency key made of our ids.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings

from common.errors import InvalidInput
from payments.errors import MalformedEvent
from payments.gateways import payloads, stripe_events
from payments.gateways.protocol import (
    GatewayEvent,
    GatewayRefund,
    GatewayRefused,
    GatewayTimeout,
    Intent,
    Outcome,
    RefundIntent,
    RefundOutcome,
)
from payments.gateways.stripe_answers import Misconfigured, ReplayedFault, answer
from payments.gateways.stripe_client import client
from payments.gateways.stripe_facts import gateway_refund, own_key, payment_outcome, refund_outcome, to_minor
from payments.models import Payment

Read = TypeVar("Read")
MOST_REFUNDS_LISTED = 100
_PAYMENT_METHOD = re.compile(r"pm_[A-Za-z0-9_]{1,90}")


class StripeGateway:
    """Cards and whatever else the shop's Stripe account has switched on."""

    name = "stripe"
    label = "Card and more"
    description = (
        "Confirm with Stripe.js and the client_secret of client_action, or name details.payment_method (pm_…) "
        "to have the shop confirm."
    )

    def clean_details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """A payment method that Stripe.js made, or nothing."""
        if unknown := set(details) - {"payment_method"}:
            raise InvalidInput.of(f"details.{min(unknown)}", "unknown_field", "This field is not known.")
        method = details.get("payment_method")
        if method is None:
            return {}
        if not isinstance(method, str) or not _PAYMENT_METHOD.fullmatch(method):
            raise InvalidInput.of("details.payment_method", "invalid", "The id of a payment method, pm_….")
        return {"payment_method": method}

    def start(self, intent: Intent) -> Outcome:
        """Make the intent, and confirm it where the client named a payment method."""
        try:
            made = self._create(intent)
        except Misconfigured as error:  # the very first call: nothing can have been charged
            raise GatewayRefused("gateway_misconfigured", "This payment method does not work at the moment.") from error
        if "payment_method" not in intent.details:
            return _read(payment_outcome, made)
        return self._confirm(intent, made["id"])

    def find(self, intent: Intent) -> Outcome | None:
        """The intent as it is now; where its id was lost, the same key makes it known again."""
        try:
            transaction_id = self._id_of(intent)
        except (GatewayRefused, ReplayedFault):
            return None
        return self._retrieve(transaction_id)

    def cancel(self, intent: Intent) -> Outcome:
        """Cancel the intent; one that can be cancelled no more says what it became."""
        transaction_id = self._id_of(intent)
        try:
            return _read(payment_outcome, answer(lambda: client().v1.payment_intents.cancel(transaction_id)))
        except GatewayRefused:
            return self._retrieve(transaction_id)

    def refund(self, intent: RefundIntent) -> RefundOutcome:
        """Give money back, once per key."""
        made = answer(
            lambda: client().v1.refunds.create(
                {
                    "payment_intent": intent.payment.transaction_id or "",
                    "amount": to_minor(intent.amount, intent.currency),
                    "metadata": {"shop": settings.STRIPE_REFERENCE_PREFIX, "refund_id": intent.key},
                },
                {"idempotency_key": _key("refund", intent.key, intent.payment.order_number)},
            )
        )
        return _read(refund_outcome, made)

    def find_refund(self, intent: RefundIntent) -> RefundOutcome | None:
        """The refund by Stripe's id, or the one of the payment that carries our id."""
        if (known := intent.transaction_id) is not None:
            return _read(refund_outcome, answer(lambda: client().v1.refunds.retrieve(known)))
        ours = (made.outcome for made in self.refunds_of(intent.payment) if made.key == intent.key)
        return next(ours, None)

    def refunds_of(self, intent: Intent) -> list[GatewayRefund]:
        """All refunds of the intent, those made in Stripe's dashboard too."""
        listed = answer(
            lambda: client().v1.refunds.list(
                {"payment_intent": intent.transaction_id or "", "limit": MOST_REFUNDS_LISTED}
            )
        )
        return [_read(gateway_refund, made) for made in listed["data"]]

    def read_event(self, *, headers: Mapping[str, str], body: bytes) -> GatewayEvent:
        """Verify and read a webhook."""
        stripe_events.verify(header=headers.get(stripe_events.HEADER, ""), body=body)
        return stripe_events.parse(payloads.decode(body))

    def parse_event(self, payload: Mapping[str, Any]) -> GatewayEvent:
        """Read an event that was verified and stored before."""
        return stripe_events.parse(payload)

    def _create(self, intent: Intent) -> dict[str, Any]:
        """The intent as it was when it was made first; raises GatewayRefused, GatewayTimeout."""
        method = {"payment_method": intent.details["payment_method"]} if "payment_method" in intent.details else {}
        # Whoever confirms on the server has no page to come back to after a redirect.
        redirects = {"allow_redirects": "never"} if method else {}
        made = answer(
            lambda: client().v1.payment_intents.create(
                {
                    "amount": to_minor(intent.amount, intent.currency),
                    "currency": intent.currency.lower(),
                    "description": f"Order {intent.order_number}",
                    "automatic_payment_methods": {"enabled": True, **redirects},
                    "metadata": {
                        "shop": settings.STRIPE_REFERENCE_PREFIX,
                        "payment_id": intent.key,
                        "order_number": intent.order_number,
                    },
                    **method,  # type: ignore[typeddict-item]
                },
                {"idempotency_key": _key("payment", intent.key, intent.order_number)},
            )
        )
        if own_key(made, "payment_id") != intent.key:
            raise GatewayTimeout("Stripe answered with another intent")
        return made

    def _confirm(self, intent: Intent, transaction_id: str) -> Outcome:
        key = _key("confirm", intent.key, intent.order_number)
        try:
            confirmed = answer(
                lambda: client().v1.payment_intents.confirm(transaction_id, options={"idempotency_key": key})
            )
            return _read(payment_outcome, confirmed)
        except GatewayRefused as refused:
            if refused.code == "payment_intent_unexpected_state":
                return self._retrieve(transaction_id)
            details = {"code": refused.code, "detail": refused.detail}
            return Outcome(Payment.Status.FAILED, transaction_id=transaction_id, details=details)
        except GatewayTimeout:
            return Outcome(Payment.Status.UNKNOWN, transaction_id=transaction_id)

    def _retrieve(self, transaction_id: str) -> Outcome:
        return _read(payment_outcome, answer(lambda: client().v1.payment_intents.retrieve(transaction_id)))

    def _id_of(self, intent: Intent) -> str:
        return intent.transaction_id or str(self._create(intent)["id"])


def _read(reader: Callable[[Mapping[str, Any]], Read], told: Mapping[str, Any]) -> Read:
    """What an answer says; one that makes no sense is as good as none."""
    try:
        return reader(told)
    except MalformedEvent as error:
        raise GatewayTimeout("Stripe's answer makes no sense") from error


def _key(purpose: str, own_id: str, order_number: str) -> str:
    """One key per thing that may be done once; the order's number keeps apart what a fresh database numbers anew."""
    return f"{settings.STRIPE_REFERENCE_PREFIX}-{purpose}-{own_id}-{order_number}"
