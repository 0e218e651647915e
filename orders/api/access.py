"""Who is calling, and what of the shop's carts and orders is theirs."""

from decimal import Decimal
from typing import TYPE_CHECKING

from rest_framework.request import Request

from common import rows
from common.api.limits import by_address
from common.api.permissions import is_staff_with
from common.errors import NotFound
from common.money import ZERO
from common.tokens import hash_token
from orders.models import Order
from orders.querysets.orders import OrderQuerySet
from orders.services.carts import CartOwner, find_cart, read_contents

if TYPE_CHECKING:
    from authentication.models import User

CART_TOKEN_HEADER = "X-Cart-Token"  # noqa: S105 - a header's name
ORDER_TOKEN_HEADER = "X-Order-Token"  # noqa: S105 - a header's name
SEE_ALL = ("orders.view_order", "orders.change_order")


def user_of(request: Request) -> "User | None":
    """The signed-in user, or None for a guest."""
    return request.user if request.user.is_authenticated else None


def cart_owner(request: Request) -> CartOwner:
    """Whose cart the request means: the user's, else the one of the cart token."""
    token = request.headers.get(CART_TOKEN_HEADER)
    return CartOwner(user=user_of(request), session_id=hash_token(token) if token else None)


def by_cart(request: Request) -> tuple[object, ...]:
    """Whom limits per cart count: the owner of the cart that the request means, else the address."""
    owner = cart_owner(request)
    if owner.user is not None:
        return "user", owner.user.pk
    return ("cart", owner.session_id) if owner.session_id else by_address(request)


def cart_subtotal(request: Request) -> Decimal:
    """The subtotal of the caller's cart, for a shipping quote that names none."""
    cart = find_cart(owner=cart_owner(request))
    return read_contents(cart=cart).subtotal if cart else ZERO


def sees_all_orders(request: Request) -> bool:
    """Whether the caller is staff who may read every order."""
    return any(is_staff_with(request.user, permission) for permission in SEE_ALL)


def visible_orders(request: Request) -> OrderQuerySet:
    """The orders that the caller may see: all for staff, else their own and the one of the order token."""
    if sees_all_orders(request):
        return Order.objects.all()
    return Order.objects.visible_to(user=user_of(request), token_hash=_token_hash(request))


def get_order(request: Request, order_number: str) -> Order:
    """The order of the number; raises NotFound where there is none or it is not for the caller to see."""
    found = rows.fetch(Order, "WHERE order_number = %s", [order_number.upper()])
    if not found or not (owns(request, found[0]) or sees_all_orders(request)):
        raise NotFound
    return found[0]


def owns(request: Request, order: Order) -> bool:
    """Whether the order is the caller's own, by account or by token."""
    user = user_of(request)
    token_hash = _token_hash(request)
    by_token = bool(token_hash) and token_hash in {order.access_token_hash, order.mailed_token_hash}
    return by_token or (user is not None and order.user_id == user.pk)


def _token_hash(request: Request) -> str | None:
    token = request.headers.get(ORDER_TOKEN_HEADER)
    return hash_token(token) if token else None
