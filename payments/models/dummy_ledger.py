"""The dummy gateway's own books, apart from the shop's, so that the two can be compared."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class DummyCharge(models.Model):
    """A charge as the dummy gateway sees it; one per idempotency key."""

    idempotency_key = models.CharField(max_length=100, unique=True, db_comment="The shop's payment id")
    transaction_id = models.CharField(max_length=100, unique=True, db_comment="The gateway's own id")
    amount = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Charged amount")
    currency = models.CharField(max_length=3, db_comment="ISO 4217")
    status = models.CharField(max_length=20, db_comment="pending, succeeded, failed or cancelled")
    token = models.CharField(
        max_length=30, blank=True, default="", db_default="", db_comment="What the client sent; decides how refunds go"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was asked for")

    def __str__(self) -> str:
        return self.transaction_id


class DummyRefund(models.Model):
    """A refund as the dummy gateway sees it; one per idempotency key."""

    idempotency_key = models.CharField(max_length=100, unique=True, db_comment="The shop's refund id")
    transaction_id = models.CharField(max_length=100, unique=True, db_comment="The gateway's own id")
    charge = models.ForeignKey(
        DummyCharge, on_delete=models.CASCADE, related_name="refunds", db_comment="The charge refunded"
    )
    amount = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Refunded amount")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was asked for")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_dummyrefund_positive")
        ]

    def __str__(self) -> str:
        return self.transaction_id
