"""Writes to variations; a product sells either by itself or by variation, never both."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from authentication.models import User
from common.errors import InvalidInput
from common.locking import lock_row
from common.money import MAX_AMOUNT
from products.models import Product, ProductVariation
from products.services import stock
from products.services.naming import unique_values
from products.services.products import Check, any_state
from products.services.stock import StockKey

MOVED_NOTE = "The product sells by variation from now on"


@transaction.atomic
def create_variation(
    *,
    product_id: int,
    fields: dict[str, Any],
    stock_quantity: int = 0,
    actor: User | None = None,
    check: Check = any_state,
) -> ProductVariation:
    """Add a variation with its opening stock, booked as a movement.

    The first variation ends the product's own stock: what is left of it is booked out, since nobody can say which
    variation it was. Raises InvalidInput where the SKU or the pair of name and value is taken or the price would be
    out of range.
    """
    product = lock_row(Product.objects.filter(id=product_id))
    check(product)
    check_variation_price(product, fields.get("price_adjustment", Decimal(0)))
    if product.stock_quantity and not product.variations.exists():
        stock.adjust(key=StockKey(product.id, None), note=MOVED_NOTE, delta=-product.stock_quantity, actor=actor)
    with unique_values("sku", value="products_productvariation_once"):
        variation = ProductVariation.objects.create(product=product, **fields)
    stock.open_stock(key=StockKey(product.id, variation.id), quantity=stock_quantity, actor=actor)
    variation.refresh_from_db()
    return variation


@transaction.atomic
def update_variation(
    *, product_id: int, variation_id: int, fields: dict[str, Any], check: Check = any_state
) -> ProductVariation:
    """Change a variation under its product's lock, if `check` does not raise; stock changes by adjustment only.

    Raises NotFound for a variation of another product, InvalidInput as `create_variation` does.
    """
    product = lock_row(Product.objects.filter(id=product_id))
    variation = lock_row(ProductVariation.objects.filter(id=variation_id, product_id=product_id))
    check(product)
    check_variation_price(product, fields.get("price_adjustment", variation.price_adjustment))
    for name, value in fields.items():
        setattr(variation, name, value)
    if fields:
        with unique_values("sku", value="products_productvariation_once"):
            variation.save(update_fields=list(fields))
    return variation


def deactivate_variation(*, product_id: int, variation_id: int, check: Check = any_state) -> None:
    """Take a variation off the shop; orders, carts and the ledger keep it, and so does the product's stock."""
    update_variation(product_id=product_id, variation_id=variation_id, fields={"is_active": False}, check=check)


def check_variation_price(product: Product, adjustment: Decimal) -> None:
    """Raises InvalidInput where the variation's price would be below nothing or above what the shop can say."""
    if not 0 <= product.price + adjustment <= MAX_AMOUNT:
        raise InvalidInput.of("price_adjustment", "price_out_of_range", "The variation's price would be out of range.")
