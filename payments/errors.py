"""What payments and refunds refuse."""

from typing import ClassVar

from common.errors import DomainError


class OrderNotPayable(DomainError):
    """The order is not waiting for money; `order_status` says what it is."""

    code: ClassVar[str] = "order_not_payable"
    title: ClassVar[str] = "The order is not waiting for a payment"


class PaymentInProgress(DomainError):
    """Another attempt to pay the order is under way and may still succeed."""

    code: ClassVar[str] = "payment_in_progress"
    title: ClassVar[str] = "Another payment of this order is under way"


class PaymentMethodUnavailable(DomainError):
    """The gateway does not answer at the moment: nothing was begun, and the order waits."""

    code: ClassVar[str] = "payment_method_unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "This payment method does not answer right now"
    retry_after_seconds: ClassVar[int] = 30


class PaymentNotCapturable(DomainError):
    """The payment is not a bank transfer, or its money was booked before."""

    code: ClassVar[str] = "payment_not_capturable"
    title: ClassVar[str] = "The payment cannot be captured"


class PaymentNotCaptured(DomainError):
    """There is no money to give back: the payment never succeeded."""

    code: ClassVar[str] = "payment_not_captured"
    title: ClassVar[str] = "The payment was never captured"


class RefundExceedsPayment(DomainError):
    """More was asked back than is left; `refundable_amount` says how much is."""

    code: ClassVar[str] = "refund_exceeds_payment"
    title: ClassVar[str] = "The refund is more than is left of the payment"


class InvalidSignature(DomainError):
    """The webhook was not signed by its gateway, or too long ago."""

    code: ClassVar[str] = "invalid_signature"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The signature is not valid"


class MalformedEvent(DomainError):
    """The webhook was signed by its gateway, but says nothing that we understand."""

    code: ClassVar[str] = "malformed_event"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The event is malformed"


class OutcomeMismatch(Exception):
    """What the gateway reports is not what we asked for: another amount, currency or transaction."""
