"""Orders: what was bought, for how much, where it goes and how far it is."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from authentication.models import Address
from common.models import TimestampedModel
from orders.models.cart import Cart
from orders.querysets.orders import OrderQuerySet
from shipping.models import ShippingMethod


class Order(TimestampedModel):
    """An order; addresses, e-mail and prices are kept as they were, whatever is edited later.

    Money is in SHOP_CURRENCY; `total = subtotal + shipping_cost + tax - discount` always holds.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        CONFIRMED = "confirmed", "Confirmed"
        PROCESSING = "processing", "Processing"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"
        CANCELLED = "cancelled", "Cancelled"
        REFUNDED = "refunded", "Refunded"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        db_comment="User reference; null for guests",
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING, db_comment="Order status")
    shipping_address = models.ForeignKey(
        Address,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Shipping address",
    )
    billing_address = models.ForeignKey(
        Address,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Billing address",
    )
    shipping_method = models.ForeignKey(
        ShippingMethod,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Shipping method",
    )
    tracking_number = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="Shipping tracking number"
    )
    subtotal = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Order subtotal")
    shipping_cost = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Shipping cost")
    tax = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Tax amount added on top")
    discount = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Discount amount"
    )
    total = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Total order amount")
    notes = models.TextField(null=True, blank=True, db_comment="Order notes")  # noqa: DJ001 - documented
    order_number = models.CharField(max_length=20, unique=True, db_comment="Human-readable order number")
    cart = models.OneToOneField(
        Cart,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="order",
        db_comment="The cart it came from; a cart becomes one order",
    )
    email = models.EmailField(max_length=254, db_index=True, db_comment="Customer's e-mail at purchase time")
    access_token_hash = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        editable=False,
        db_comment="SHA-256 of a guest's order token",
    )
    mailed_token_hash = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        editable=False,
        db_comment="SHA-256 of the token in the links that a guest gets by mail",
    )
    shipping_address_snapshot = models.JSONField(db_comment="Shipping address at purchase time")
    billing_address_snapshot = models.JSONField(db_comment="Billing address at purchase time")
    shipping_method_name = models.CharField(max_length=100, db_comment="Shipping method at purchase time")
    currency = models.CharField(max_length=3, db_comment="ISO 4217")
    coupon_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", db_comment="Coupon at purchase time"
    )
    prices_include_tax = models.BooleanField(db_comment="Whether prices at purchase time were gross")
    tax_included = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Tax contained in gross prices"
    )
    tax_lines = models.JSONField(default=list, db_comment="Tax by rate: name, rate, amount, included")
    shipping_discount = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=0,
        db_default=0,
        db_comment="Part of the discount that shipping takes",
    )
    shipping_tax = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=0,
        db_default=0,
        db_comment="Tax on shipping, added or contained",
    )
    expires_at = models.DateTimeField(null=True, blank=True, db_comment="When it expires if no payment is under way")
    paid_at = models.DateTimeField(null=True, blank=True, db_comment="When the payment that pays it succeeded")
    placed_from = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        editable=False,
        db_comment="Keyed hash of the network that a guest ordered from, which LIMIT_HOLD counts by",
    )
    shipping_country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        editable=False,
        db_comment="ISO 3166-1 alpha-2 of the shipping address at purchase time, written by a trigger",
    )
    imported_at = models.DateTimeField(
        null=True, blank=True, editable=False, db_comment="When an import brought it in; null where this shop sold it"
    )
    imported_digest = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        editable=False,
        db_comment="MD5 of what the last import wrote; where the order says something else, it was changed since",
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["status"], name="orders_order_status"),
            models.Index(fields=["created_at"], name="orders_order_created"),
            models.Index(fields=["user", "-id"], name="orders_order_of_user"),
            models.Index(fields=["shipping_country", "-id"], name="orders_order_sent_to"),
            models.Index(fields=["expires_at", "id"], condition=Q(status="pending"), name="orders_order_expiring"),
            models.Index(
                fields=["placed_from"],
                condition=Q(status="pending") & ~Q(placed_from=""),
                name="orders_order_held_from",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("shipping_cost") + F("tax") - F("discount")),
                name="orders_order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, shipping_cost__gte=0, tax__gte=0, discount__gte=0, total__gte=0),
                name="orders_order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(discount__lte=F("subtotal") + F("shipping_cost")),
                name="orders_order_discount_bounded",
            ),
            models.CheckConstraint(
                condition=Q(tax_included__gte=0, shipping_tax__gte=0, shipping_discount__gte=0)
                & Q(shipping_discount__lte=F("discount")),
                name="orders_order_shares",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "confirmed",
                        "processing",
                        "shipped",
                        "delivered",
                        "cancelled",
                        "refunded",
                    ]
                ),
                name="orders_order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(imported_at=None, imported_digest="")
                | (Q(imported_at__isnull=False) & ~Q(imported_digest="")),
                name="orders_order_imported",
            ),
        ]

    def __str__(self) -> str:
        return self.order_number

    def was_paid_elsewhere(self) -> bool:
        """Whether it was paid before an import brought it in: then another shop has invoiced it."""
        return self.paid_at is not None and self.imported_at is not None and self.paid_at <= self.imported_at
