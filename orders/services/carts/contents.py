"""What is in a cart: its lines with their products as they are now."""

from dataclasses import dataclass
from decimal import Decimal

from common.money import ZERO
from orders.models import Cart
from orders.querysets import cart_rows
from products.models import Product, ProductVariation
from products.querysets.goods import Goods
from products.services.stock import StockKey


@dataclass(frozen=True)
class Line:
    """One line with what it sells; prices are today's, in SHOP_CURRENCY."""

    item_id: int
    goods: Goods
    quantity: int
    price_seen: Decimal

    @property
    def product(self) -> Product:
        return self.goods.product

    @property
    def variation(self) -> ProductVariation | None:
        return self.goods.variation

    @property
    def key(self) -> StockKey:
        return StockKey(self.product.id, self.variation.id if self.variation else None)

    @property
    def unit_price(self) -> Decimal:
        return unit_price(self.goods)

    @property
    def line_total(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def sku(self) -> str:
        return self.variation.sku if self.variation else self.product.sku

    @property
    def available(self) -> int:
        """Units in stock."""
        return self.variation.stock_quantity if self.variation else self.product.stock_quantity

    @property
    def is_sold(self) -> bool:
        return is_sold(self.goods)


@dataclass(frozen=True)
class Contents:
    """The lines of a cart, oldest first."""

    cart: Cart
    lines: list[Line]

    @property
    def subtotal(self) -> Decimal:
        return sum((line.line_total for line in self.lines), ZERO)


def unit_price(goods: Goods) -> Decimal:
    """Today's price of one unit; an adjustment never makes it negative."""
    adjustment = goods.variation.price_adjustment if goods.variation else ZERO
    return max(goods.product.price + adjustment, ZERO)


def is_sold(goods: Goods) -> bool:
    """Whether the shop sells it at all; a product that has variations sells only by variation."""
    if goods.variation is None:
        return goods.product.is_for_sale and not goods.sells_by_variation
    return goods.product.is_for_sale and goods.variation.is_active


def read_contents(*, cart: Cart) -> Contents:
    """The cart's lines, products and variations, in one statement."""
    return Contents(cart, [Line(*row) for row in cart_rows.lines_with_goods(cart_id=cart.id)])


def no_contents() -> Contents:
    """The contents of a cart that nobody has made yet."""
    return Contents(Cart(created_at=None, updated_at=None), [])  # type: ignore[misc]  # such a cart is never saved
