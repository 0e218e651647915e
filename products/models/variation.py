"""Variations of products, such as sizes; each has a stock and a SKU of its own."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.models.product import Product


class ProductVariation(models.Model):
    """A sellable variation; its price is the product's plus the adjustment."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variations", db_comment="Product reference"
    )
    name = models.CharField(max_length=100, db_comment='Variation type (e.g. "Size")')
    value = models.CharField(max_length=100, db_comment='Variation value (e.g. "Medium")')
    price_adjustment = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, db_default=0, db_comment="Price difference"
    )
    stock_quantity = models.IntegerField(default=0, db_default=0, db_comment="Variation-specific stock")
    sku = models.CharField("SKU", max_length=50, unique=True, db_comment="Variation SKU")
    barcode = models.CharField(
        max_length=50, blank=True, default="", db_default="", db_comment="GTIN, UPC, EAN or ISBN; empty for none"
    )
    is_active = models.BooleanField(default=True, db_default=True, db_comment="Whether it is offered")

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(
                fields=["name", "value", "product"], condition=Q(is_active=True), name="products_variation_offered"
            ),
            models.Index(Upper("sku"), name="products_variation_any_case"),
            models.Index(fields=["barcode"], condition=~Q(barcode=""), name="products_variation_barcode"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "name", "value"], name="products_productvariation_once"),
            models.CheckConstraint(condition=Q(stock_quantity__gte=0), name="products_productvariation_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
