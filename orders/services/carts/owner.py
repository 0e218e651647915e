"""Whose a cart is, and finding, locking and opening the one that is in use."""

from dataclasses import dataclass

from authentication.models import User
from common import rows
from common.errors import Busy
from common.locking import lock_where
from common.tokens import hash_token, make_token
from orders.models import Cart
from orders.querysets.carts import CartQuerySet

ATTEMPTS_TO_OPEN = 3


@dataclass(frozen=True)
class CartOwner:
    """A user, or a guest by the hash of the cart token; with a user the token does not count."""

    user: User | None = None
    session_id: str | None = None

    @property
    def email(self) -> str | None:
        """The account's address; a guest's is not known before checkout."""
        return self.user.email if self.user else None

    def carts(self) -> CartQuerySet:
        """All of the owner's carts, those that were ordered or merged too."""
        return Cart.objects.owned_by(user=self.user, session_id=self.session_id)


def find_cart(*, owner: CartOwner) -> Cart | None:
    """The owner's active cart, unlocked; an unknown, merged or ordered token has none."""
    condition, values = _active(owner)
    found = rows.fetch(Cart, f"WHERE {condition}", values)
    return found[0] if found else None


def lock_cart(*, owner: CartOwner) -> Cart | None:
    """The owner's active cart, its row locked until the transaction ends."""
    locked = lock_where(Cart, *_active(owner))
    return locked[0] if locked else None


def _active(owner: CartOwner) -> tuple[str, list[object]]:
    """What `CartOwner.carts` selects of active carts, as SQL; without user and token that is none."""
    if owner.user is not None:
        return "is_active AND user_id = %s", [owner.user.pk]
    return "is_active AND user_id IS NULL AND session_id = %s", [owner.session_id]


def open_cart(*, owner: CartOwner) -> tuple[Cart, str | None]:
    """The owner's active cart, locked, made if there is none; a guest's new cart comes with its token.

    Two requests of one user may both find none: the unique index lets one make it and the other uses that.
    """
    for _ in range(ATTEMPTS_TO_OPEN):
        if (owner.user or owner.session_id) and (cart := lock_cart(owner=owner)):
            return cart, None
        if owner.user is None:
            return _make_guest_cart()
        Cart.objects.bulk_create([Cart(user=owner.user)], ignore_conflicts=True)
    raise Busy


def _make_guest_cart() -> tuple[Cart, str]:
    token = make_token()
    cart = Cart(session_id=hash_token(token))
    rows.insert([cart])
    return cart, token
