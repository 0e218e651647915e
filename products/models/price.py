"""The ledger of prices: what products and variations cost before, and from when to when."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from products.models.product import Product
from products.models.variation import ProductVariation
from products.querysets.prices import PastPriceQuerySet


class PastPrice(models.Model):
    """A price that was in force and is no more; written by triggers whenever a price or an adjustment changes.

    The price in force now stands on the product, since the latest `to_at`; so a product whose price never changed
    has no row here.
    """

    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="past_prices",
        db_index=False,  # the unique constraint begins with it
        db_comment="Product reference",
    )
    variation = models.ForeignKey(
        ProductVariation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="past_prices",
        db_index=False,  # most rows have none: a partial index below
        db_comment="Variation whose price adjustment this was; null for the product's own price",
    )
    amount = models.DecimalField(
        max_digits=10, decimal_places=2, db_comment="The product's price, or the variation's price adjustment"
    )
    from_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it came into force; null for a variation's first"
    )
    to_at = models.DateTimeField(db_comment="When another took its place")

    objects = PastPriceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "variation", "to_at"], nulls_distinct=False, name="products_pastprice_once"
            ),
            models.CheckConstraint(
                condition=Q(from_at=None) | Q(from_at__lt=F("to_at")), name="products_pastprice_period"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["variation"], condition=Q(variation__isnull=False), name="products_pastprice_variation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} until {self.to_at:%Y-%m-%d}"
