"""The lines of orders."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from orders.models.order import Order
from products.models import Product, ProductVariation


class OrderItem(models.Model):
    """A line with the product as it was when it was bought."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items", db_comment="Order reference")
    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Product reference",
    )
    variation = models.ForeignKey(
        ProductVariation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Variation reference",
    )
    quantity = models.IntegerField(default=1, db_default=1, db_comment="Item quantity")
    price = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Unit price at purchase time")
    total_price = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Line item total")
    product_name = models.CharField(max_length=255, db_comment="Product name at purchase time")
    product_sku = models.CharField(max_length=50, db_comment="Product SKU at purchase time")
    variation_name = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="Variation at purchase time"
    )
    unit_cost = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        db_comment="Unit cost at purchase time; null unknown",
    )
    discount_share = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=0,
        db_default=0,
        db_comment="The line's part of the order's discount",
    )
    tax_rate = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        default=0,
        db_default=0,
        db_comment="Tax rate at purchase time, per cent",
    )
    tax_added = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Tax on top of the line"
    )
    tax_included = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Tax contained in the line"
    )
    restocked_quantity = models.IntegerField(
        default=0, db_default=0, db_comment="Units given back to stock by cancelling or refunds"
    )
    untaken_quantity = models.IntegerField(
        default=0,
        db_default=0,
        editable=False,
        db_comment="Units that were not taken from this shop's stock, as the order came by import",
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_orderitem_quantity_positive"),
            models.CheckConstraint(
                condition=Q(total_price=F("price") * F("quantity")), name="orders_orderitem_total_adds_up"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="orders_orderitem_price_not_negative"),
            models.CheckConstraint(
                condition=Q(restocked_quantity__gte=0, restocked_quantity__lte=F("quantity")),
                name="orders_orderitem_restocked_bounded",
            ),
            models.CheckConstraint(
                condition=Q(untaken_quantity__gte=0, untaken_quantity__lte=F("quantity")),
                name="orders_orderitem_untaken_bounded",
            ),
            models.CheckConstraint(
                condition=Q(discount_share__gte=0, discount_share__lte=F("total_price"), tax_added__gte=0)
                & Q(tax_included__gte=0),
                name="orders_orderitem_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product_name}"
