"""What a sale needs of a product and its variation, as columns of SQL that others write around it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from common import rows
from products.models import Product, ProductVariation

# All that carts and checkout ask of a product; the rest stays in the database until somebody asks for it.
_ASKED_OF_PRODUCT = {
    *("id", "name", "slug", "sku", "price", "cost_price", "tax_class", "is_active", "unpublish_at"),
    *("stock_quantity", "is_discontinued", "low_stock_threshold"),
}
_ASKED_OF_VARIATION = {
    *("id", "product_id", "name", "value", "sku", "price_adjustment", "stock_quantity", "is_active"),
}
_OF_PRODUCT = rows.names_of(Product, _ASKED_OF_PRODUCT)
_OF_VARIATION = rows.names_of(ProductVariation, _ASKED_OF_VARIATION)

# For a statement whose products are called p, and whose variations, joined or not, v; `read` takes it in this order.
SELLS_BY_VARIATION = "EXISTS (SELECT FROM products_productvariation x WHERE x.product_id = p.id)"
COLUMNS = ", ".join(
    [SELLS_BY_VARIATION, *(f"p.{name}" for name in _OF_PRODUCT), *(f"v.{name}" for name in _OF_VARIATION)]
)


class Goods(NamedTuple):
    """A product, with the variation that is meant; `sells_by_variation` where it has any at all."""

    product: Product
    variation: ProductVariation | None
    sells_by_variation: bool

    @property
    def level(self) -> int:
        """The units in stock; none of its own has a product that sells by variation."""
        if self.variation is not None:
            return self.variation.stock_quantity
        return 0 if self.sells_by_variation else self.product.stock_quantity


def read(values: Sequence[Any]) -> Goods | None:
    """The goods of a row's COLUMNS; None where there is no such product."""
    sells_by_variation, *rest = values
    of_product, of_variation = rest[: len(_OF_PRODUCT)], rest[len(_OF_PRODUCT) :]
    if of_product[0] is None:
        return None
    product = Product.from_db(connection.alias, _OF_PRODUCT, of_product)
    variation = None
    if of_variation[0] is not None:
        variation = ProductVariation.from_db(connection.alias, _OF_VARIATION, of_variation)
    return Goods(product, variation, sells_by_variation)
