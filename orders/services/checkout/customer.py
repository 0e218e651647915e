"""Who places an order and where it goes, read from what they asked for."""

from dataclasses import dataclass

from orders.services.carts import CartOwner
from orders.services.checkout.wish import AddressChoice, CheckoutWish, ChosenAddress, choose_address, name_recipient


@dataclass(frozen=True)
class Customer:
    """The owner of the cart with contact, addresses and notes; `coupon_email` is whom limits per customer count."""

    owner: CartOwner
    email: str
    shipping: ChosenAddress
    billing: ChosenAddress
    notes: str
    placed_from: str

    @property
    def coupon_email(self) -> str:
        return self.owner.email or self.email


def identify(*, owner: CartOwner, wish: CheckoutWish, email: str, placed_from: str) -> Customer:
    """The customer behind a wish; raises InvalidInput for an address that is not theirs or names nobody."""
    shipping = _recipient(owner, wish.shipping_address, "shipping_address")
    billing = _recipient(owner, wish.billing_address, "billing_address") if wish.billing_address else shipping
    return Customer(owner, email, shipping, billing, wish.notes.strip(), placed_from)


def _recipient(owner: CartOwner, choice: AddressChoice, field: str) -> ChosenAddress:
    address = choose_address(choice=choice, owner=owner, field=field)
    return name_recipient(address=address, user=owner.user, field=field)
