"""Payments: attempts to pay an order, committed before their gateway is called."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.models import TimestampedModel
from orders.models import Order
from payments.querysets import PaymentQuerySet


class Payment(TimestampedModel):
    """One attempt; its id is the gateway's idempotency key. `unknown` means that the gateway did not answer."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSING = "processing", "Processing"
        UNKNOWN = "unknown", "Unknown"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        PARTIALLY_REFUNDED = "partially_refunded", "Partially refunded"
        REFUNDED = "refunded", "Refunded"

    IN_FLIGHT: ClassVar = (Status.PENDING, Status.PROCESSING, Status.UNKNOWN)
    CAPTURED: ClassVar = (Status.SUCCEEDED, Status.PARTIALLY_REFUNDED, Status.REFUNDED)

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments", db_comment="Order reference")
    amount = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Payment amount")
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.PENDING, db_comment="Payment status"
    )
    payment_method = models.CharField(max_length=20, db_comment="Payment method used: the gateway's name")
    transaction_id = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="Gateway transaction ID"
    )
    payment_details = models.JSONField(null=True, blank=True, db_comment="Gateway-specific details")
    currency = models.CharField(max_length=3, db_comment="ISO 4217")
    refunded_amount = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=0,
        db_default=0,
        db_comment="Sum of its refunds that have not failed",
    )
    is_surplus = models.BooleanField(
        default=False,
        db_default=False,
        db_comment="Money that came for an order already settled; refunded by itself",
    )
    client_action = models.JSONField(
        null=True, blank=True, db_comment="What the client has to do next, such as a bank reference"
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, db_comment="When its gateway said that a failed attempt can take no money any more"
    )
    idempotency_key_id = models.BigIntegerField(
        null=True, blank=True, editable=False, db_comment="The client's claim that made it"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who started it; null for guests",
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["status"], name="payments_payment_status"),
            models.Index(fields=["transaction_id"], name="payments_payment_transaction"),
            models.Index(
                fields=["updated_at"],
                condition=Q(status="failed", closed_at=None, transaction_id__isnull=False),
                name="payments_payment_to_close",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="payments_payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("amount")),
                name="payments_payment_refunded_bounded",
            ),
            models.UniqueConstraint(
                fields=["payment_method", "transaction_id"],
                condition=Q(transaction_id__isnull=False),
                name="payments_payment_transaction_once",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["succeeded", "partially_refunded", "refunded"], is_surplus=False),
                name="payments_payment_one_captured",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["pending", "processing", "unknown"]),
                name="payments_payment_one_in_flight",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_method} {self.amount} {self.currency}"
