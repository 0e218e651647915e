"""The ledger of stock: every change of a stock level, with who, why and for which order."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from products.models.product import Product
from products.models.variation import ProductVariation
from products.querysets.stock import StockMovementQuerySet


class StockMovement(models.Model):
    """One change of one stock level; the movements of a product or variation sum to its stock."""

    class Reason(models.TextChoices):
        OPENING = "opening", "Opening stock"
        SALE = "sale", "Sale"
        CANCELLATION = "cancellation", "Cancelled order"
        EXPIRY = "expiry", "Expired order"
        RETURN = "return", "Returned goods"
        ADJUSTMENT = "adjustment", "Adjustment by staff"
        IMPORT = "import", "Import"
        FEED = "feed", "Stock feed"

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="movements", db_comment="Product reference"
    )
    variation = models.ForeignKey(
        ProductVariation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="movements",
        db_comment="Variation whose stock moved; null for the product's own",
    )
    delta = models.IntegerField(db_comment="Units that came in (positive) or went out (negative)")
    reason = models.CharField(max_length=20, choices=Reason.choices, db_comment="Why it moved")
    order_number = models.CharField(
        max_length=20, blank=True, default="", db_default="", db_comment="The order it moved for, if any"
    )
    note = models.CharField(max_length=255, blank=True, default="", db_default="", db_comment="Staff's words")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who moved it; null for the shop itself",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it moved")
    effective_at = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="When the count was made that this corrects the books to; null where it took effect at once",
    )

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(delta=0), name="products_stockmovement_moves"),
            models.CheckConstraint(
                condition=Q(effective_at=None) | Q(effective_at__lte=F("created_at")),
                name="products_stockmovement_counted_before",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "created_at"], name="products_stockmovement_since"),
            models.Index(fields=["order_number"], condition=~Q(order_number=""), name="products_stockmovement_order"),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.reason}"
