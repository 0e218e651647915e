"""Disputes: what a customer's bank took back, or asks about, at the gateway."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from common.models import TimestampedModel
from payments.models.payment import Payment


class Dispute(TimestampedModel):
    """A record beside the books: the gateway decides it, and it changes neither the payment nor the order."""

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="disputes", db_comment="The payment disputed"
    )
    transaction_id = models.CharField(max_length=255, unique=True, db_comment="The gateway's id of the dispute")
    amount = models.DecimalField(max_digits=10, decimal_places=2, db_comment="How much is disputed")
    currency = models.CharField(max_length=3, db_comment="ISO 4217; the gateway may tell another than the payment's")
    reason = models.CharField(max_length=100, blank=True, db_comment="The gateway's word for why")
    status = models.CharField(max_length=100, db_comment="The gateway's word for how it stands")
    closed_at = models.DateTimeField(null=True, blank=True, db_comment="When its end was told")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="payments_dispute_amount_not_negative")
        ]

    def __str__(self) -> str:
        return f"dispute of {self.amount} {self.currency}"
