"""Customers' reviews of products."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import TimestampedModel
from products.models.product import Product
from products.querysets.reviews import ReviewQuerySet


class ProductReview(TimestampedModel):
    """A rating with its text, shown once staff have approved it."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="reviews", db_comment="Product reference"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="reviews",
        db_comment="User reference",
    )
    rating = models.SmallIntegerField(db_index=True, db_comment="Rating (1-5)")
    title = models.CharField(max_length=255, blank=True, default="", db_default="", db_comment="Review title")
    comment = models.TextField(db_comment="Review text")
    is_approved = models.BooleanField(default=False, db_default=False, db_index=True, db_comment="Moderation status")
    is_verified_purchase = models.BooleanField(
        default=False, db_default=False, db_comment="Whether the reviewer bought the product"
    )
    moderated_at = models.DateTimeField(
        null=True, blank=True, db_comment="When staff approved or rejected it; null is waiting"
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "user"], name="products_productreview_once"),
            models.CheckConstraint(
                condition=Q(rating__gte=1, rating__lte=5), name="products_productreview_rating_1_to_5"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "-id"], condition=Q(is_approved=True), name="products_productreview_shown")
        ]

    def __str__(self) -> str:
        return f"{self.rating} stars for product {self.product_id}"
