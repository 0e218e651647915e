"""Former slugs of products, so that old addresses lead to the new ones."""

from django.db import models
from django.db.models.functions import Now

from products.models.product import Product


class FormerSlug(models.Model):
    """A slug that a product had; written by a trigger whenever a slug changes. The latest owner keeps it."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="former_slugs", db_comment="Product reference"
    )
    slug = models.SlugField(max_length=280, unique=True, db_comment="Slug that the product had")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it lost it")

    def __str__(self) -> str:
        return self.slug
