"""What is bought together, as a job above this application counts it in orders."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from products.models.product import Product

MOST_OTHERS = 12  # kept of each product


class BoughtTogether(models.Model):
    """Another product that customers of this one bought with it, in its place among them."""

    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="bought_together",
        db_index=False,  # the unique constraint begins with it
        db_comment="Product reference",
    )
    other = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_comment="What was bought with it")
    place = models.PositiveSmallIntegerField(db_comment="1 for what belongs to it most")
    order_count = models.PositiveIntegerField(db_comment="Paid orders with both")

    class Meta:
        verbose_name_plural = "products bought together"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "other"], name="products_boughttogether_once"),
            models.CheckConstraint(condition=~Q(product=F("other")), name="products_boughttogether_another"),
            models.CheckConstraint(
                condition=Q(place__gte=1, place__lte=MOST_OTHERS), name="products_boughttogether_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}: product {self.other_id} with {self.product_id}"
