"""Products and their place in the category tree."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from common.models import TimestampedModel
from products.models.category import Category, not_reserved
from products.querysets.products import ProductQuerySet


class Product(TimestampedModel):
    """What the shop sells, by itself or by variation.

    `stock_quantity` is the product's own stock, or, where it has variations, the sum of theirs (kept by trigger).
    `is_active` is what counts now; the schedule says when a task will change it. A trigger ends a schedule that
    somebody overtakes by hand.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        ACTIVE = "active", "Offered"
        DISCONTINUED = "discontinued", "Discontinued"

    name = models.CharField(max_length=255, db_comment="Product name")
    slug = models.SlugField(max_length=280, unique=True, validators=[not_reserved], db_comment="URL-friendly name")
    description = models.TextField(blank=True, db_comment="Product description")
    price = models.DecimalField(max_digits=10, decimal_places=2, db_comment="Regular price")
    compare_price = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, db_comment="Original/compare-at price"
    )
    cost_price = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, db_comment="Cost to business"
    )
    is_active = models.BooleanField(default=True, db_default=True, db_comment="Product visibility")
    publish_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it will be offered; null once it is, or where nobody planned it"
    )
    unpublish_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it will be taken off the shop; null once it is, or never"
    )
    is_discontinued = models.BooleanField(
        default=False, db_default=False, db_comment="Sold while stock lasts, not to be ordered again"
    )
    sku = models.CharField("SKU", max_length=50, unique=True, db_comment="Stock keeping unit")
    barcode = models.CharField(
        max_length=50, blank=True, default="", db_default="", db_comment="GTIN, UPC, EAN or ISBN; empty for none"
    )
    stock_quantity = models.IntegerField(default=0, db_default=0, db_comment="Current stock level")
    low_stock_threshold = models.IntegerField(default=10, db_default=10, db_comment="Low stock alert level")
    weight = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True, db_comment="Product weight, kilograms"
    )
    tax_class = models.CharField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        db_comment="Which tax rates apply; empty is the standard class",
    )
    categories = models.ManyToManyField(
        Category, through="products.ProductCategory", related_name="products", blank=True
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name"], name="products_product_name"),
            models.Index(fields=["price"], name="products_product_price"),
            models.Index(fields=["stock_quantity"], name="products_product_stock"),
            models.Index(fields=["is_active"], name="products_product_active"),
            models.Index(fields=["updated_at", "id"], name="products_product_updated"),
            models.Index(fields=["-created_at", "-id"], name="products_product_newest_any"),
            models.Index(Upper("sku"), name="products_product_sku_any_case"),
            models.Index(fields=["barcode"], condition=~Q(barcode=""), name="products_product_barcode"),
            models.Index(fields=["-created_at", "-id"], condition=Q(is_active=True), name="products_product_newest"),
            models.Index(fields=["price", "id"], condition=Q(is_active=True), name="products_product_by_price"),
            models.Index(fields=["name", "id"], condition=Q(is_active=True), name="products_product_by_name"),
            models.Index(
                fields=["publish_at"], condition=Q(publish_at__isnull=False), name="products_product_publish_at"
            ),
            models.Index(
                fields=["unpublish_at"], condition=Q(unpublish_at__isnull=False), name="products_product_unpublish_at"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(stock_quantity__gte=0), name="products_product_stock_not_negative"),
            models.CheckConstraint(condition=Q(price__gte=0), name="products_product_price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_price=None) | Q(compare_price__gte=0),
                name="products_product_compare_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(cost_price=None) | Q(cost_price__gte=0), name="products_product_cost_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(weight=None) | Q(weight__gte=0), name="products_product_weight_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(low_stock_threshold__gte=0), name="products_product_threshold_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(publish_at=None) | Q(is_active=False), name="products_product_hidden_until_published"
            ),
            models.CheckConstraint(
                condition=Q(publish_at=None) | Q(unpublish_at=None) | Q(publish_at__lt=F("unpublish_at")),
                name="products_product_published_before_its_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_for_sale(self) -> bool:
        """Whether it can be bought now; its end holds to the moment, even where the task is late."""
        return self.is_active and (self.unpublish_at is None or self.unpublish_at > timezone.now())

    @property
    def status(self) -> Status:
        """Where it stands in its life."""
        if not self.is_active:
            return self.Status.SCHEDULED if self.publish_at else self.Status.DRAFT
        return self.Status.DISCONTINUED if self.is_discontinued else self.Status.ACTIVE


class ProductCategory(models.Model):
    """A product's membership of a category."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_comment="Product reference")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, db_comment="Category reference")

    class Meta:
        db_table = "products_product_categories"
        verbose_name_plural = "product categories"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "category"], name="products_product_categories_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["category", "product"], name="products_product_categories_by"),
        ]

    def __str__(self) -> str:
        return f"product {self.product_id} in category {self.category_id}"
