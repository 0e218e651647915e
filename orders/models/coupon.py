"""Coupons and their uses."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper


class Coupon(models.Model):
    """A discount that customers ask for by code."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "Per cent of the subtotal"
        FIXED = "fixed", "Fixed amount off the subtotal"
        FREE_SHIPPING = "free_shipping", "Free shipping"

    code = models.CharField(max_length=40, db_comment="What customers type, whatever its case")
    kind = models.CharField(max_length=20, choices=Kind.choices, db_comment="What the value means")
    value = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=0,
        db_default=0,
        db_comment="Per cent or amount; 0 for free shipping",
    )
    minimum_subtotal = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Smallest subtotal it applies to"
    )
    starts_at = models.DateTimeField(null=True, blank=True, db_comment="Not valid before")
    ends_at = models.DateTimeField(null=True, blank=True, db_comment="Not valid from then on")
    max_uses = models.PositiveIntegerField(null=True, blank=True, db_comment="Uses in all; null is unlimited")
    max_uses_per_customer = models.PositiveIntegerField(
        null=True, blank=True, db_comment="Uses per customer; null is unlimited"
    )
    use_count = models.PositiveIntegerField(default=0, db_default=0, editable=False, db_comment="Uses in force")
    is_active = models.BooleanField(default=True, db_default=True, db_comment="Whether it may be used at all")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="Creation timestamp")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Upper("code"), name="orders_coupon_code_any_case"),
            models.CheckConstraint(condition=Q(value__gte=0, minimum_subtotal__gte=0), name="orders_coupon_amounts"),
            models.CheckConstraint(
                condition=~Q(kind="percent") | Q(value__lte=Decimal(100)), name="orders_coupon_percent_to_100"
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(use_count__lte=F("max_uses")),
                name="orders_coupon_within_max_uses",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="orders_coupon_window",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(models.Model):
    """One order's use of a coupon; given back with the order."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="uses", db_comment="Coupon reference")
    order = models.OneToOneField(
        "orders.Order",
        on_delete=models.CASCADE,
        related_name="coupon_use",
        db_comment="The order it was used for",
    )
    customer = models.CharField(max_length=254, db_comment="The customer's normalised e-mail address")
    released_at = models.DateTimeField(null=True, db_comment="When the use was given back")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was used")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["coupon", "customer"], condition=Q(released_at=None), name="orders_couponuse_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} by {self.customer}"
