"""Named reads of prices: what was in force before, and what a reduction has to be measured by."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import BigIntegerField, DecimalField, F, Func, Value
from django.db.models.expressions import Combinable

if TYPE_CHECKING:
    from products.models import PastPrice  # noqa: F401


class PastPriceQuerySet(models.QuerySet["PastPrice"]):
    """Reads of the ledger of prices."""

    def for_list(self) -> "PastPriceQuerySet":
        """The latest first, with what had the price, in one statement."""
        return self.select_related("product", "variation").defer("product__description").order_by("-to_at", "-id")


def lowest_price_before_reduction(product: str, variation: str | None = None) -> Func:
    """The lowest price of the 30 days before the price now in force replaced a higher one; null where it did not.

    The arguments name the fields that hold the keys.
    """
    of_variation: Combinable = F(variation) if variation else Value(None, BigIntegerField())
    return Func(
        F(product),
        of_variation,
        function="products_lowest_price_before_reduction",
        output_field=DecimalField(max_digits=10, decimal_places=2, null=True),
    )
