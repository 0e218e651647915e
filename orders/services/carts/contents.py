"""What is in a cart: its lines with their products as they are now."""

from dataclasses import dataclass
from decimal import Decimal

from common.money import ZERO
from orders.models import Cart, CartItem
from products.models import Product, ProductVariation
from products.services.stock import StockKey


@dataclass(frozen=True)
class Line:
    """One line with what it sells; prices are today's, in SHOP_CURRENCY."""

    item_id: int
    product: Product
    variation: ProductVariation | None
    quantity: int
    price_seen: Decimal
    needs_variation: bool

    @property
    def key(self) -> StockKey:
        return StockKey(self.product.id, self.variation.id if self.variation else None)

    @property
    def unit_price(self) -> Decimal:
        return unit_price(self.product, self.variation)

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
        """Whether the shop sells it at all; a product that has variations sells only by variation."""
        if self.variation is None:
            return self.product.is_for_sale and not self.needs_variation
        return self.product.is_for_sale and self.variation.is_active


@dataclass(frozen=True)
class Contents:
    """The lines of a cart, oldest first."""

    cart: Cart
    lines: list[Line]

    @property
    def subtotal(self) -> Decimal:
        return sum((line.line_total for line in self.lines), ZERO)


def unit_price(product: Product, variation: ProductVariation | None) -> Decimal:
    """Today's price of one unit; an adjustment never makes it negative."""
    adjustment = variation.price_adjustment if variation else ZERO
    return max(product.price + adjustment, ZERO)


def read_contents(*, cart: Cart) -> Contents:
    """The cart's lines, products and variations, in one statement."""
    return Contents(cart, [_line(item) for item in CartItem.objects.with_goods().filter(cart=cart)])


def no_contents() -> Contents:
    """The contents of a cart that nobody has made yet."""
    return Contents(Cart(created_at=None, updated_at=None), [])  # type: ignore[misc]  # such a cart is never saved


def _line(item: CartItem) -> Line:
    needs_variation: bool = item.needs_variation  # type: ignore[attr-defined]  # annotated by with_goods
    return Line(item.id, item.product, item.variation, item.quantity, item.price_seen, needs_variation)
