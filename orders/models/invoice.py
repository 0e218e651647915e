"""Invoices and credit notes as they were issued, and the counters of their numbers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from orders.models.order import Order


class Invoice(models.Model):
    """A document of the books: numbered without gaps, frozen by a trigger from the moment it is issued.

    An invoice is for a paid order; a credit note is for a refund of it and refers to the invoice. Amounts are positive
    in both; `total = subtotal + shipping_cost + tax - discount` as in the order.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit_note", "Credit note"

    kind = models.CharField(max_length=20, choices=Kind.choices, db_comment="Invoice or credit note")
    sequence = models.BigIntegerField(db_comment="Counts each kind from 1, without gaps")
    number = models.CharField(max_length=40, unique=True, db_comment="The sequence with its prefix, as printed")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices", db_comment="Order reference")
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_notes",
        db_comment="The invoice that a credit note is for",
    )
    refund_id = models.BigIntegerField(
        null=True, blank=True, db_comment="The refund that a credit note is for (payments_refund.id)"
    )
    issued_at = models.DateTimeField(db_comment="When it was issued")
    seller = models.JSONField(db_comment="Seller at that time: name, address, tax_id, email")
    buyer = models.JSONField(db_comment="Billing address at purchase time")
    lines = models.JSONField(db_comment="What it is for: name, sku, quantity, amounts, tax")
    tax_lines = models.JSONField(default=list, db_comment="Tax by rate: name, rate, amount, included")
    reason = models.TextField(blank=True, default="", db_default="", db_comment="Why money went back")
    subtotal = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Sum of the lines before the discount")
    discount = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Discount")
    shipping_cost = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Shipping")
    tax = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Tax added on top")
    tax_included = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Tax contained in gross prices"
    )
    total = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Total")
    currency = models.CharField(max_length=3, db_comment="ISO 4217")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "sequence"], name="orders_invoice_sequence"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="orders_invoice_one_per_order"),
            models.UniqueConstraint(
                fields=["refund_id"], condition=Q(kind="credit_note"), name="orders_invoice_one_per_refund"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", refund_id__isnull=True, corrects__isnull=True)
                | Q(kind="credit_note", refund_id__isnull=False, corrects__isnull=False),
                name="orders_invoice_kind_fits",
            ),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("shipping_cost") + F("tax") - F("discount"), total__gte=0),
                name="orders_invoice_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="orders_invoice_sequence_positive"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceCounter(models.Model):
    """The last number of a kind; its row is locked until the transaction that drew the number ends, so none is lost."""

    kind = models.CharField(max_length=20, primary_key=True, choices=Invoice.Kind.choices, db_comment="Of which kind")
    last = models.BigIntegerField(db_comment="The last number drawn")

    def __str__(self) -> str:
        return f"{self.kind} {self.last}"
