"""Who is to hear of stock: staff of what runs low, customers of what is back."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from products.models.product import Product
from products.models.variation import ProductVariation


class StockAlert(models.Model):
    """A level at its threshold or below; the row goes when it has recovered, so each fall is told once."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_comment="Product reference")
    variation = models.ForeignKey(
        ProductVariation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Variation that is low; null for the product's own level",
    )
    level = models.IntegerField(db_comment="Units in stock when it was found low")
    threshold = models.IntegerField(db_comment="The product's alert level at that time")
    found_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was found low")
    told_at = models.DateTimeField(null=True, blank=True, db_comment="When staff were told; null is not yet")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "variation"], nulls_distinct=False, name="products_stockalert_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["level", "id"], condition=Q(told_at=None), name="products_stockalert_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.level} of {self.product_id}"


class StockNotice(models.Model):
    """Somebody's wish to hear once when a sold-out thing is back; guests confirm that the address is theirs."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_comment="Product reference")
    variation = models.ForeignKey(
        ProductVariation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Variation that is waited for; null for any of the product",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Whose wish it is; null for a guest's",
    )
    email = models.EmailField(db_comment="Where to write, in small letters")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was asked for")
    confirmed_at = models.DateTimeField(
        null=True, blank=True, db_comment="When the address was known to be theirs; null waits for the mailed link"
    )
    told_at = models.DateTimeField(null=True, blank=True, db_comment="When the mail was queued; null still waits")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "variation", "email"], nulls_distinct=False, name="products_stocknotice_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["product", "id"],
                condition=Q(told_at=None, confirmed_at__isnull=False),
                name="products_stocknotice_waiting",
            ),
            models.Index(fields=["email"], name="products_stocknotice_email"),
            models.Index(fields=["created_at"], name="products_stocknotice_created"),
        ]

    def __str__(self) -> str:
        return f"{self.email} waits for {self.product_id}"
