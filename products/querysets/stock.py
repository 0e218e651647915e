"""Named reads of stock: the ledger, and what runs low."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from products.models import StockMovement  # noqa: F401


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Reads of the ledger."""

    def for_list(self) -> "StockMovementQuerySet":
        """With what moved and who moved it, in one statement."""
        return self.select_related("product", "variation", "actor").defer("product__description")


def low_stock(products: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """One row per level of the products that is at its threshold or below, the lowest first.

    A row has `level`, `level_sku` and, where the product sells by variation, `variation_id`, `variation_name` and
    `variation_value`; each variation is held to its product's threshold.
    """
    levels: models.QuerySet[Any] = (
        products.annotate(
            variation_id=F("variations__id"),
            variation_name=F("variations__name"),
            variation_value=F("variations__value"),
            variation_active=F("variations__is_active"),
            level=Coalesce(F("variations__stock_quantity"), F("stock_quantity")),
            level_sku=Coalesce(F("variations__sku"), F("sku")),
        )
        .filter(Q(variation_active=None) | Q(variation_active=True), level__lte=F("low_stock_threshold"))
        .defer("description")
        .order_by("level", "id", "variation_id")
    )
    return levels
