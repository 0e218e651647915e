"""What lists search, filter and sort by, beside the product so that a sale does not rewrite it."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from products.models.product import Product
from products.models.versions import NextVersion


class ProductListing(models.Model):
    """One row per product, written by triggers only (but for `popularity`, which a job writes).

    `version` grows whenever anything that the API shows of the product changes.
    """

    product = models.OneToOneField(
        Product,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="listing",
        db_comment="Product reference",
    )
    vector = SearchVectorField(db_comment="Weighted words of SKU, name and description")
    words = models.TextField(
        default="", db_default="", db_comment="The name without accents and capitals, for trigrams"
    )
    rating_average = models.DecimalField(
        max_digits=3, decimal_places=2, default=0, db_default=0, db_comment="Mean of the approved reviews"
    )
    rating_count = models.IntegerField(default=0, db_default=0, db_comment="Number of approved reviews")
    popularity = models.IntegerField(default=0, db_default=0, db_comment="Units sold lately, written by a job")
    is_in_stock = models.BooleanField(
        default=False, db_default=False, db_comment="Own stock, or an active variation with stock"
    )
    version = models.BigIntegerField(
        db_default=NextVersion(), editable=False, db_comment="Grows with every visible change"
    )

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="products_productlisting_vector"),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], name="products_productlisting_words"),
            models.Index(fields=["-rating_average", "-product"], name="products_productlisting_rated"),
            models.Index(fields=["-popularity", "-product"], name="products_productlisting_popula"),
            models.Index(fields=["is_in_stock", "popularity", "product"], name="products_productlisting_stock"),
            models.Index(OpClass("words", "text_pattern_ops"), name="products_productlisting_begins"),
        ]

    def __str__(self) -> str:
        return f"listing of product {self.product_id}"
