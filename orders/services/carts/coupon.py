"""The coupon that a cart asks for; it is used up by the order, not by the cart."""

from django.db import transaction
from django.utils import timezone

from orders.errors import CartEmpty
from orders.models import Cart
from orders.services import coupons
from orders.services.carts.contents import read_contents
from orders.services.carts.lines import touch
from orders.services.carts.owner import CartOwner, lock_cart


@transaction.atomic
def apply_coupon(*, owner: CartOwner, code: str) -> Cart:
    """Have the cart ask for the coupon, in place of any other. Raises CartEmpty, or CouponInvalid with the reason."""
    cart = lock_cart(owner=owner)
    contents = cart and read_contents(cart=cart)
    if not cart or not contents or not contents.lines:
        raise CartEmpty
    now = timezone.now()
    cart.coupon = coupons.find_valid(code=code, subtotal=contents.subtotal, customer_email=owner.email, at=now)
    cart.save(update_fields=["coupon", "updated_at"])
    return cart


@transaction.atomic
def remove_coupon(*, owner: CartOwner) -> Cart | None:
    """Have the cart ask for no coupon; nothing happens where it asked for none or there is no cart."""
    cart = lock_cart(owner=owner)
    if cart and cart.coupon_id:
        cart.coupon = None
        cart.save(update_fields=["coupon"])
        touch(cart)
    return cart
