"""Carts of users and of guests."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import TimestampedModel
from orders.models.coupon import Coupon
from orders.querysets.carts import CartQuerySet
from products.models import Product, ProductVariation


class Cart(TimestampedModel):
    """A shopping cart; made by the first item, closed by the order or the merge that takes it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="carts",
        db_comment="User reference (if logged in)",
    )
    session_id = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="SHA-256 of the guest's cart token"
    )
    is_active = models.BooleanField(default=True, db_default=True, db_index=True, db_comment="Active cart status")
    coupon = models.ForeignKey(
        Coupon,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Coupon asked for",
    )

    objects = CartQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["session_id"], name="orders_cart_session")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_active=True), name="orders_cart_one_per_user"),
            models.UniqueConstraint(
                fields=["session_id"], condition=Q(is_active=True), name="orders_cart_one_per_session"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(session_id__isnull=False), name="orders_cart_has_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"cart {self.pk}"


class CartItem(models.Model):
    """One product, or one variation of it, in a cart."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items", db_comment="Cart reference")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_comment="Product reference")
    variation = models.ForeignKey(
        ProductVariation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Product variation reference",
    )
    quantity = models.IntegerField(default=1, db_default=1, db_comment="Item quantity")
    price_seen = models.DecimalField(
        max_digits=10, decimal_places=2, db_comment="Unit price when the line was last written"
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cart", "product", "variation"], nulls_distinct=False, name="orders_cartitem_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_cartitem_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
