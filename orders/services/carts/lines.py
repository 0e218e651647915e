"""Putting things into a cart, changing how many, and taking them out; every write locks the cart's row first."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.errors import InvalidInput, NotFound
from orders.models import Cart, CartItem
from orders.querysets import cart_rows
from orders.querysets.cart_rows import Wanted
from orders.services.carts.contents import unit_price
from orders.services.carts.owner import CartOwner, lock_cart, open_cart
from products.querysets.goods import Goods


@dataclass(frozen=True)
class Added:
    """The cart that something was put into, and the token if it was made for a guest just now."""

    cart: Cart
    new_token: str | None


@transaction.atomic
def add_item(*, owner: CartOwner, product_id: int, variation_id: int | None, quantity: int) -> Added:
    """Put so many units in the owner's cart, which is made if need be; the same thing again adds up.

    Raises InvalidInput for what the shop does not sell, for a missing or foreign variation, for more than
    CART_MAX_QUANTITY of one thing and for more than CART_MAX_LINES things.
    """
    cart, new_token = open_cart(owner=owner)
    wanted = _offered(
        cart_rows.wanted_goods(product_id=product_id, variation_id=variation_id, cart_id=cart.id), variation_id
    )
    if wanted.quantity_in_cart is None:
        _check_room(wanted.line_count)
    cart.updated_at = cart_rows.put_line(
        cart_id=cart.id,
        product_id=product_id,
        variation_id=variation_id,
        quantity=_capped((wanted.quantity_in_cart or 0) + quantity),
        price=unit_price(wanted.goods),
    )
    return Added(cart, new_token)


@transaction.atomic
def change_quantity(*, owner: CartOwner, item_id: int, quantity: int) -> Cart:
    """Set how many units a line has and note today's price on it. Raises NotFound for a line not the owner's."""
    cart, item = _lock_item(owner, item_id)
    item.quantity = _capped(quantity)
    item.price_seen = unit_price(Goods(item.product, item.variation, sells_by_variation=item.variation is not None))
    item.save()
    touch(cart)
    return cart


@transaction.atomic
def remove_item(*, owner: CartOwner, item_id: int) -> Cart:
    """Take a line out. Raises NotFound for a line not the owner's."""
    cart, item = _lock_item(owner, item_id)
    item.delete()
    touch(cart)
    return cart


@transaction.atomic
def clear(*, owner: CartOwner) -> None:
    """Drop the owner's cart with all that is in it; a guest's token dies with it."""
    if cart := lock_cart(owner=owner):
        cart.delete()


def touch(cart: Cart) -> None:
    """Note that the cart has changed with its lines."""
    cart.updated_at = timezone.now()
    cart.save(update_fields=["updated_at"])


def _offered(wanted: Wanted | None, variation_id: int | None) -> Wanted:
    """What the shop sells as it was asked for; raises InvalidInput for the field that is wrong."""
    if wanted is None or not wanted.goods.product.is_for_sale:
        raise InvalidInput.of("product", "does_not_exist", "There is no such product.")
    goods = wanted.goods
    if variation_id is not None and (goods.variation is None or not goods.variation.is_active):
        raise InvalidInput.of("variation", "does_not_exist", "The product has no such variation.")
    if variation_id is None and goods.sells_by_variation:
        raise InvalidInput.of("variation", "required", "The product sells by variation: say which.")
    return wanted


def _check_room(line_count: int) -> None:
    if line_count >= settings.CART_MAX_LINES:
        raise InvalidInput.of("product", "cart_full", f"A cart holds at most {settings.CART_MAX_LINES} things.")


def _capped(quantity: int) -> int:
    if quantity > settings.CART_MAX_QUANTITY:
        most = settings.CART_MAX_QUANTITY
        raise InvalidInput.of("quantity", "max_value", f"At most {most} of one thing; this would make {quantity}.")
    return quantity


def _lock_item(owner: CartOwner, item_id: int) -> tuple[Cart, CartItem]:
    cart = lock_cart(owner=owner)
    item = cart and CartItem.objects.select_related("product", "variation").filter(cart=cart, id=item_id).first()
    if not cart or not item:
        raise NotFound
    return cart, item
