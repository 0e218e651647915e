"""Categories: a tree of any depth."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from common.models import TimestampedModel
from products.models.versions import NextVersion
from products.querysets.categories import CategoryQuerySet

RESERVED_SLUGS = ("facets", "suggest", "tree")
not_reserved = RegexValidator(
    rf"^({'|'.join(RESERVED_SLUGS)})$", "This slug is reserved.", code="reserved", inverse_match=True
)


class Category(TimestampedModel):
    """A node of the category tree."""

    name = models.CharField(max_length=100, db_comment="Category name")
    slug = models.SlugField(max_length=120, unique=True, validators=[not_reserved], db_comment="URL-friendly name")
    description = models.TextField(null=True, blank=True, db_comment="Category description")  # noqa: DJ001 - documented
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        db_comment="Parent category reference",
    )
    image = models.ImageField(
        max_length=100, null=True, blank=True, upload_to="categories", db_comment="Category image path"
    )

    version = models.BigIntegerField(
        db_default=NextVersion(), editable=False, db_comment="Grows when its name or slug changes, which products show"
    )

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="products_category_not_own_parent"
            )
        ]

    def __str__(self) -> str:
        return self.name
