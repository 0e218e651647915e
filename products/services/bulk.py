"""The same change to many products at once: in sets, under their locks, all of it or nothing."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection, transaction
from django.db.models import QuerySet, TextChoices

from common.errors import InvalidInput
from common.locking import lock_rows
from common.money import MAX_AMOUNT
from products.errors import PricesChanged
from products.models import Category, Product, ProductCategory, ProductVariation

MOST_PRODUCTS = 10_000
CENT = Decimal("0.01")


class Rounding(TextChoices):
    """To what a changed price is rounded, half up; nothing that cost something becomes free."""

    CENT = "cent", "cents"
    TENTH = "tenth", "ten cents"
    WHOLE = "whole", "whole amounts"
    NINETY_NINE = "ninety_nine", "the nearest .99"


@dataclass(frozen=True)
class PriceChange:
    """What one product costs now and would cost then."""

    product_id: int
    name: str
    sku: str
    now: Decimal
    then: Decimal


@dataclass(frozen=True)
class PricePlan:
    """What a change of prices would do; `digest` stands for the prices that it starts from."""

    changes: Sequence[PriceChange]
    digest: str


def plan_prices(*, product_ids: Collection[int], percent: Decimal, rounding: Rounding) -> PricePlan:
    """What `change_prices` would do, in the order of the ids; raises InvalidInput as it does. Writes nothing."""
    _check_count(product_ids)
    plan = _plan(list(_slim(product_ids).order_by("id")), percent, rounding)
    _check_range(plan)
    return plan


@transaction.atomic
def change_prices(
    *, product_ids: Collection[int], percent: Decimal, rounding: Rounding, expected: str | None = None
) -> int:
    """Raise or lower prices by so many per cent; returns how many changed.

    Locks the products by id. Raises PricesChanged where `expected` is not the digest of the plan any more, and
    InvalidInput where a product or a variation would cost too much, or a variation less than nothing.
    """
    _check_count(product_ids)
    plan = _plan(lock_rows(_slim(product_ids)), percent, rounding)
    if expected is not None and expected != plan.digest:
        raise PricesChanged
    _check_range(plan)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE products_product p SET price = c.price
            FROM unnest(%s::bigint[], %s::numeric[]) AS c (id, price)
            WHERE p.id = c.id AND p.price <> c.price
            """,
            [[each.product_id for each in plan.changes], [each.then for each in plan.changes]],
        )
        changed: int = cursor.rowcount
    return changed


@transaction.atomic
def add_to_category(*, product_ids: Collection[int], category_id: int) -> int:
    """Put products into a category; returns how many were not there. Locks the products by id."""
    found = _lock(product_ids)
    _check_category(category_id)
    there = set(
        ProductCategory.objects.filter(category=category_id, product__in=found).values_list("product_id", flat=True)
    )
    new = [ProductCategory(product_id=pk, category_id=category_id) for pk in found if pk not in there]
    ProductCategory.objects.bulk_create(new)
    return len(new)


@transaction.atomic
def remove_from_category(*, product_ids: Collection[int], category_id: int) -> int:
    """Take products out of a category; returns how many were there. Locks the products by id."""
    places = ProductCategory.objects.filter(category=category_id, product__in=_lock(product_ids))
    return places.delete()[0]


@transaction.atomic
def set_low_stock_threshold(*, product_ids: Collection[int], threshold: int) -> int:
    """Have staff told of low stock at another level; returns how many products had another. Locks them by id."""
    found = _lock(product_ids)
    return (
        Product.objects.filter(id__in=found)
        .exclude(low_stock_threshold=threshold)
        .update(low_stock_threshold=threshold)
    )


def _lock(product_ids: Collection[int]) -> list[int]:
    _check_count(product_ids)
    return [product.id for product in lock_rows(Product.objects.filter(id__in=product_ids).only("id"))]


def _slim(product_ids: Collection[int]) -> QuerySet[Product]:
    return Product.objects.filter(id__in=product_ids).only("id", "name", "sku", "price")


def _check_count(product_ids: Collection[int]) -> None:
    if len(product_ids) > MOST_PRODUCTS:
        raise InvalidInput.of(None, "too_many", f"At most {MOST_PRODUCTS} products at once.")


def _check_category(category_id: int) -> None:
    if not Category.objects.filter(id=category_id).exists():
        raise InvalidInput.of("category", "does_not_exist", "There is no such category.")


def _plan(products: Sequence[Product], percent: Decimal, rounding: Rounding) -> PricePlan:
    changes = [
        PriceChange(each.id, each.name, each.sku, each.price, changed_price(each.price, percent, rounding))
        for each in products
    ]
    facts = "\n".join(f"{each.product_id} {each.now}" for each in changes)
    return PricePlan(changes, hashlib.blake2b(facts.encode(), digest_size=12).hexdigest())


def changed_price(price: Decimal, percent: Decimal, rounding: Rounding) -> Decimal:
    """The price so many per cent higher, or lower, rounded; what is free stays so, and nothing becomes free."""
    if price == 0:
        return price
    exact = price * (100 + percent) / 100
    step = {Rounding.CENT: CENT, Rounding.TENTH: Decimal("0.10")}.get(rounding, Decimal(1))
    offset = CENT if rounding is Rounding.NINETY_NINE else Decimal(0)
    rounded = ((exact + offset) / step).quantize(Decimal(1), ROUND_HALF_UP) * step - offset
    return max(rounded, step - offset).quantize(CENT)


def _check_range(plan: PricePlan) -> None:
    """Raises InvalidInput where a product or one of its variations would cost too much, or less than nothing."""
    dear = [each.sku for each in plan.changes if each.then > MAX_AMOUNT]
    then = {each.product_id: each.then for each in plan.changes}
    variations = ProductVariation.objects.filter(product__in=then).exclude(price_adjustment=0)
    for product_id, sku, adjustment in variations.values_list("product_id", "sku", "price_adjustment"):
        if not 0 <= then[product_id] + adjustment <= MAX_AMOUNT:
            dear.append(sku)
    if dear:
        named = ", ".join(sorted(dear)[:10])
        raise InvalidInput.of("percent", "price_out_of_range", f"The price would be out of range: {named}.")
