"""Writes to products; stock is booked by `products.services.stock`, nothing is ever deleted."""

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Min

from authentication.models import User
from common import outbox
from common.errors import InvalidInput
from common.locking import lock_row, lock_rows
from products.models import Category, Product
from products.services import stock
from products.services.naming import free_product_slug, unique_values
from products.services.stock import StockKey

Check = Callable[[Product], None]


def any_state(product: Product) -> None:
    """The check that holds for every product."""


@transaction.atomic
def create_product(
    *,
    fields: dict[str, Any],
    category_ids: Collection[int] = (),
    stock_quantity: int = 0,
    actor: User | None = None,
) -> Product:
    """Create a product with its opening stock, booked as a movement; without a slug one is made from the name.

    Raises InvalidInput where the slug or SKU is taken or a category does not exist.
    """
    slug = fields.get("slug") or free_product_slug(fields["name"])
    with unique_values("sku", "slug"):
        product = Product.objects.create(**{**fields, "slug": slug})
    _set_categories(product, category_ids)
    stock.open_stock(key=StockKey(product.id, None), quantity=stock_quantity, actor=actor)
    return product


@transaction.atomic
def update_product(
    *,
    product_id: int,
    fields: dict[str, Any],
    category_ids: Collection[int] | None = None,
    check: Check = any_state,
) -> Product:
    """Change a product under its lock, if `check` (of the product as it is then) does not raise.

    Fields that are not named stay as they are. Raises InvalidInput where the slug or SKU is taken, a category does
    not exist, or a variation would cost less than nothing.
    """
    product = lock_row(Product.objects.filter(id=product_id))
    check(product)
    if "price" in fields:
        check_price(product, fields["price"])
    was_active = product.is_active
    for name, value in fields.items():
        setattr(product, name, value)
    if fields:
        with unique_values("sku", "slug"):
            product.save(update_fields=[*fields, "updated_at"])
    if category_ids is not None:
        _set_categories(product, category_ids)
    if was_active and not product.is_active:
        _tell_deactivated(product)
    return product


@transaction.atomic
def deactivate_products(*, product_ids: Collection[int]) -> int:
    """Take products off the shop; orders, reviews and the ledger keep them. Returns how many were on offer."""
    offered = [row for row in lock_rows(Product.objects.filter(id__in=product_ids)) if row.is_active]
    for product in offered:
        product.is_active = False
        product.save(update_fields=["is_active", "updated_at"])
        _tell_deactivated(product)
    return len(offered)


@transaction.atomic
def deactivate_product(*, product_id: int, check: Check = any_state) -> None:
    """Take one product off the shop, if `check` does not raise; nothing happens where it is off already."""
    check(lock_row(Product.objects.filter(id=product_id)))
    deactivate_products(product_ids=[product_id])


@transaction.atomic
def activate_products(*, product_ids: Collection[int]) -> int:
    """Offer products (again); returns how many were not on offer."""
    hidden = [row for row in lock_rows(Product.objects.filter(id__in=product_ids)) if not row.is_active]
    for product in hidden:
        product.is_active = True
        product.save(update_fields=["is_active", "updated_at"])
    return len(hidden)


def check_price(product: Product, price: Decimal) -> None:
    """Raises InvalidInput where a variation would cost less than nothing at this price."""
    lowest = product.variations.aggregate(lowest=Min("price_adjustment"))["lowest"] or Decimal(0)
    if price + lowest < 0:
        raise InvalidInput.of("price", "negative_variation_price", "A variation would cost less than nothing.")


def _set_categories(product: Product, category_ids: Collection[int]) -> None:
    wanted = set(category_ids)
    missing = wanted - set(Category.objects.filter(id__in=wanted).values_list("id", flat=True))
    if missing:
        ids = ", ".join(map(str, sorted(missing)))
        raise InvalidInput.of("categories", "does_not_exist", f"There is no category {ids}.")
    product.categories.set(wanted)


def _tell_deactivated(product: Product) -> None:
    outbox.emit("product.deactivated", resource=f"product:{product.id}", product_id=product.id, slug=product.slug)
