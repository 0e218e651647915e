"""Refunds and the order lines that they are for."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import TimestampedModel
from orders.models import OrderItem
from payments.models.payment import Payment
from payments.querysets import RefundItemQuerySet, RefundQuerySet


class Refund(TimestampedModel):
    """Money going back; its id is the gateway's idempotency key."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSING = "processing", "Processing"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    UNDER_WAY: ClassVar = (Status.PENDING, Status.PROCESSING)

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="refunds", db_comment="Payment reference"
    )
    amount = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Refund amount")
    reason = models.TextField(db_comment="Reason for refund")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING, db_comment="Refund status")
    refund_transaction_id = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="Gateway refund transaction ID"
    )
    shipping_amount = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="The part that is shipping"
    )
    is_by_lines = models.BooleanField(
        default=False, db_default=False, db_comment="Whether lines were named (else an amount was)"
    )
    restock = models.BooleanField(default=False, db_default=False, db_comment="Whether its lines go back to stock")
    succeeded_at = models.DateTimeField(null=True, blank=True, db_comment="When the gateway confirmed it")
    idempotency_key_id = models.BigIntegerField(
        null=True, blank=True, editable=False, db_comment="The client's claim that made it"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who refunded; null for the shop itself",
    )

    objects = RefundQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["status"], name="payments_refund_status"),
            models.Index(fields=["refund_transaction_id"], name="payments_refund_transaction"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_refund_amount_positive"),
            models.CheckConstraint(condition=Q(shipping_amount__gte=0), name="payments_refund_shipping_not_negative"),
        ]

    def __str__(self) -> str:
        return f"refund of {self.amount}"


class RefundItem(models.Model):
    """What a refund gives back of one order line: money always, units where lines were named."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="items", db_comment="Refund reference")
    order_item = models.ForeignKey(
        OrderItem, on_delete=models.PROTECT, related_name="refund_items", db_comment="Order line reference"
    )
    quantity = models.IntegerField(default=0, db_default=0, db_comment="Units refunded; 0 where by amount")
    amount = models.DecimalField(
        max_digits=10, decimal_places=2, db_comment="Money given back for the line, added tax included"
    )
    tax_amount = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Tax within the amount"
    )
    restocked_quantity = models.IntegerField(default=0, db_default=0, db_comment="Units that went back to stock")

    objects = RefundItemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["refund", "order_item"], name="payments_refunditem_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, amount__gte=0, tax_amount__gte=0, restocked_quantity__gte=0),
                name="payments_refunditem_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of line {self.order_item_id}"
