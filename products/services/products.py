"""Writes to products; stock is booked by `products.services.stock`, nothing is ever deleted."""

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Min

from authentication.models import User
from common.errors import InvalidInput
from common.locking import lock_row
from products.models import Category, Product
from products.services import offering, stock
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

    One that is to be published later is hidden until then. Raises InvalidInput where the slug or SKU is taken, a
    category does not exist or the schedule ends before it begins.
    """
    fields = offering.with_schedule(fields)
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

    Fields that are not named stay as they are, but for `is_active` where the schedule changes. Raises InvalidInput
    where the slug or SKU is taken, a category does not exist, a variation would cost less than nothing, or the
    schedule ends before it begins.
    """
    product = lock_row(Product.objects.filter(id=product_id))
    check(product)
    if "price" in fields:
        check_price(product, fields["price"])
    was_active = product.is_active
    fields = offering.with_schedule(fields, product=product)
    for name, value in fields.items():
        setattr(product, name, value)
    if fields:
        with unique_values("sku", "slug"):
            product.save(update_fields=[*fields, "updated_at"])
    if category_ids is not None:
        _set_categories(product, category_ids)
    if was_active and not product.is_active:
        offering.tell_deactivated([product])
    elif product.is_active and not was_active:
        offering.tell_activated([product])
    return product


@transaction.atomic
def deactivate_product(*, product_id: int, check: Check = any_state) -> None:
    """Take one product off the shop, if `check` does not raise; nothing happens where it is off already."""
    check(lock_row(Product.objects.filter(id=product_id)))
    offering.deactivate_products(product_ids=[product_id])


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
