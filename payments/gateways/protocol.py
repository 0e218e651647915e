"""What every gateway can do, and the plain facts that go in and come out; no gateway knows orders or rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from payments.models import Payment, Refund


class GatewayTimeout(Exception):
    """The gateway did not answer in time, or not understandably: what it did is not known."""


class GatewayUnavailable(GatewayTimeout):
    """The gateway was not even asked, because it does not answer others: nothing was done there."""


class GatewayRefused(Exception):
    """The gateway said no, for good; `code` is its reason in snake case."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Intent:
    """A payment as its gateway sees it; `key` makes repeats the same charge."""

    key: str
    amount: Decimal
    currency: str
    order_number: str
    details: Mapping[str, Any] = field(default_factory=dict)
    transaction_id: str | None = None
    ordered_at: datetime | None = None


@dataclass(frozen=True)
class RefundIntent:
    """A refund as its gateway sees it; `key` makes repeats the same refund."""

    key: str
    amount: Decimal
    currency: str
    payment: Intent
    transaction_id: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a payment; `amount` and `currency` where the gateway tells them, to be compared with ours.

    `hold_until` asks that the order is kept for a payment that takes days.
    """

    status: Payment.Status
    transaction_id: str | None = None
    client_action: dict[str, Any] | None = None
    details: dict[str, Any] = field(default_factory=dict)
    amount: Decimal | None = None
    currency: str | None = None
    hold_until: datetime | None = None


@dataclass(frozen=True)
class RefundOutcome:
    """What became of a refund."""

    status: Refund.Status
    transaction_id: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class GatewayRefund:
    """A refund as its gateway lists it; `key` is ours, and None for one made in the gateway's own dashboard."""

    transaction_id: str
    payment_transaction_id: str
    amount: Decimal
    currency: str
    outcome: RefundOutcome
    key: str | None = None


@dataclass(frozen=True)
class GatewayDispute:
    """A customer's bank took money back, or asks for it; `is_closed` once the gateway says how it ended."""

    transaction_id: str
    payment_transaction_id: str
    amount: Decimal
    currency: str
    reason: str
    status: str
    is_closed: bool


@dataclass(frozen=True)
class GatewayEvent:
    """A verified event of a gateway; one that names nothing of ours means nothing to do.

    Payments and refunds that we asked for are named by our key, what was done elsewhere by the gateway's own ids;
    `refunds_of` asks to look at all refunds of a transaction.
    """

    event_id: str
    kind: str
    payload: dict[str, Any]
    payment_key: str | None = None
    payment_outcome: Outcome | None = None
    refund_key: str | None = None
    refund_outcome: RefundOutcome | None = None
    foreign_refund: GatewayRefund | None = None
    dispute: GatewayDispute | None = None
    refunds_of: str | None = None


class Gateway(Protocol):
    """One way to pay. Every method but `clean_details` may talk to the network and keeps to a time-out.

    All of them raise GatewayTimeout where the result is not known and GatewayRefused where the answer is no.
    """

    name: str
    label: str
    description: str

    def clean_details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """The client's details as they may be kept; raises InvalidInput for what is missing or unknown."""
        ...

    def start(self, intent: Intent) -> Outcome:
        """Begin the payment, at most once per key."""
        ...

    def find(self, intent: Intent) -> Outcome | None:
        """What the gateway knows of the payment; None if it never saw it."""
        ...

    def cancel(self, intent: Intent) -> Outcome:
        """Withdraw a payment that is pending; answers what it really is, if it is pending no more."""
        ...

    def refund(self, intent: RefundIntent) -> RefundOutcome:
        """Give money back, at most once per key."""
        ...

    def find_refund(self, intent: RefundIntent) -> RefundOutcome | None:
        """What the gateway knows of the refund; None if it never saw it."""
        ...


@runtime_checkable
class EventSource(Protocol):
    """A gateway that sends webhooks."""

    def read_event(self, *, headers: Mapping[str, str], body: bytes) -> GatewayEvent:
        """Verify the signature over the raw body and read it; raises InvalidSignature or MalformedEvent."""
        ...

    def parse_event(self, payload: Mapping[str, Any]) -> GatewayEvent:
        """Read an event that was verified and stored before; raises MalformedEvent."""
        ...


@runtime_checkable
class RefundLister(Protocol):
    """A gateway whose own dashboard makes refunds that we have to look for."""

    name: str

    def refunds_of(self, intent: Intent) -> list[GatewayRefund]:
        """All refunds of the payment, ours and others; raises GatewayTimeout."""
        ...
