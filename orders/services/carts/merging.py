"""A guest signs in: what the guest's cart held joins the user's."""

from django.conf import settings
from django.db import transaction

from authentication.models import User
from common.locking import lock_rows
from orders.models import Cart, CartItem
from orders.services.carts.contents import Line, read_contents
from orders.services.carts.lines import touch
from orders.services.carts.owner import CartOwner, open_cart


@transaction.atomic
def merge(*, user: User, session_id: str) -> Cart | None:
    """Move a guest's lines into the user's cart and end the guest's; the user's cart, if there is one now.

    Quantities add up to what is in stock and to CART_MAX_QUANTITY, but a line of the user's never shrinks. Lines
    beyond CART_MAX_LINES are left out. A dead or unknown token changes nothing.
    """
    guest = CartOwner(session_id=session_id)
    owner = CartOwner(user=user)
    if not guest.carts().active().exists():
        return owner.carts().active().first()
    open_cart(owner=owner)
    carts = lock_rows((guest.carts() | owner.carts()).active())
    theirs = next((cart for cart in carts if cart.user_id is None), None)
    mine = next((cart for cart in carts if cart.user_id is not None), None)
    if theirs and mine:
        _join(mine, theirs)
    return mine


def _join(mine: Cart, theirs: Cart) -> None:
    lines = {line.key: line for line in read_contents(cart=mine).lines}
    room = settings.CART_MAX_LINES - len(lines)
    for line in read_contents(cart=theirs).lines:
        own = lines.get(line.key)
        if own is None and room > 0:
            room -= 1
            CartItem.objects.filter(id=line.item_id).update(cart=mine, quantity=_joined(0, line))
        elif own is not None:
            CartItem.objects.filter(id=own.item_id).update(quantity=_joined(own.quantity, line))
    if mine.coupon_id is None and theirs.coupon_id is not None:
        mine.coupon_id = theirs.coupon_id
        mine.save(update_fields=["coupon"])
    theirs.items.all().delete()
    theirs.is_active = False
    theirs.save(update_fields=["is_active"])
    touch(mine)


def _joined(own: int, line: Line) -> int:
    return max(own, min(own + line.quantity, line.available, settings.CART_MAX_QUANTITY), 1)
