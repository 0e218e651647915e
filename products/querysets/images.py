"""Named reads of products' pictures."""

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import JSONObject

if TYPE_CHECKING:
    from products.models import ProductImage  # noqa: F401


class ProductImageQuerySet(models.QuerySet["ProductImage"]):
    """Reads of pictures."""

    def leading_first(self) -> "ProductImageQuerySet":
        """As a product shows them: the featured one, then by `order`."""
        return self.order_by("-is_featured", "order", "id")

    def with_renditions(self) -> "ProductImageQuerySet":
        """Adds `rendered`: {width, height, renditions} of the file, in the same statement; None where none is known."""
        files = apps.get_model("products", "PictureFile").objects.filter(name=OuterRef("image"))
        known = files.values(known=JSONObject(width=F("width"), height=F("height"), renditions=F("renditions")))
        return self.annotate(rendered=Subquery(known))
