"""Pictures of products."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from products.models.product import Product
from products.querysets.images import ProductImageQuerySet


class ProductImage(models.Model):
    """One picture; the featured one, else the first by `order`, stands for the product in lists."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="images", db_comment="Product reference"
    )
    image = models.ImageField(max_length=100, upload_to="products", db_comment="Image file path")
    alt_text = models.CharField(max_length=255, blank=True, default="", db_default="", db_comment="Alt text for image")
    is_featured = models.BooleanField(
        default=False, db_default=False, db_index=True, db_comment="Flag for featured image"
    )
    order = models.IntegerField(default=1, db_default=1, db_comment="Display order")

    objects = ProductImageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["order", "id"]
        indexes: ClassVar = [models.Index(fields=["image"], name="products_productimage_file")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_featured=True), name="products_productimage_one_featured"
            )
        ]

    def __str__(self) -> str:
        return self.image.name or ""
