"""Writes all levels as a stock feed: edited and sent back, it changes what was edited and has not moved meanwhile."""

from collections.abc import Iterator, Sequence

from common.imports.formulas import protect
from products.models import Product, ProductVariation

COLUMNS = ("sku", "quantity", "expected_quantity", "low_stock_threshold")
_BLOCK_ROWS = 2000


def export_levels() -> Iterator[Sequence[str]]:
    """Yield the header and a row per level, in the order of products; one that sells by variation has no own level."""
    yield COLUMNS
    last = 0
    products = Product.objects.order_by("id")
    while block := list(
        products.filter(id__gt=last).values_list("id", "sku", "stock_quantity", "low_stock_threshold")[:_BLOCK_ROWS]
    ):
        last = block[-1][0]
        variations: dict[int, list[tuple[str, int]]] = {}
        found = ProductVariation.objects.filter(product_id__in=[row[0] for row in block]).order_by("product_id", "id")
        for product_id, sku, level in found.values_list("product_id", "sku", "stock_quantity"):
            variations.setdefault(product_id, []).append((sku, level))
        for product_id, sku, level, threshold in block:
            own = variations.get(product_id)
            levels = ("", "") if own else (str(level), str(level))
            yield (protect(sku), *levels, str(threshold))
            for variation_sku, of_variation in own or ():
                yield (protect(variation_sku), str(of_variation), str(of_variation), "")
