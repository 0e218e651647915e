"""The plan of an order: validated and priced without any lock, to be held against the rows under lock later."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.errors import InvalidInput
from orders.errors import CartAlreadyOrdered, CartEmpty, ProductUnavailable, TotalChanged
from orders.models import Cart, Coupon
from orders.services import pricing
from orders.services.carts import CartOwner, Contents, Line, find_cart, read_contents
from orders.services.carts.summary import pricing_lines, valid_coupon
from orders.services.pricing import Pricing
from orders.services.tax import Destination
from products.services import stock
from shipping.services.quotes import ShippingOption, shipping_options


@dataclass(frozen=True)
class Plan:
    """What the order will hold if nothing changes before it is written."""

    contents: Contents
    option: ShippingOption
    coupon: Coupon | None
    pricing: Pricing
    total: Decimal


def read_active_contents(*, owner: CartOwner) -> Contents:
    """The lines of the owner's cart; raises CartEmpty, or CartAlreadyOrdered where the cart has become an order."""
    cart = find_cart(owner=owner)
    if cart is None:
        latest: Cart | None = owner.carts().order_by("-id").first()
        raise CartAlreadyOrdered if latest and hasattr(latest, "order") else CartEmpty
    contents = read_contents(cart=cart)
    if not contents.lines:
        raise CartEmpty
    return contents


def make_plan(
    *,
    contents: Contents,
    destination: Destination,
    shipping_method_id: int,
    customer_email: str,
    expected: Decimal | None,
) -> Plan:
    """Price the contents for the destination; takes no lock.

    Raises ProductUnavailable, OutOfStock, CouponInvalid, InvalidInput for a shipping method that is not offered there,
    and TotalChanged where the customer expected another total.
    """
    check_available(contents.lines)
    coupon = valid_coupon(contents=contents, customer_email=customer_email)
    options = shipping_options(country=destination.country, state=destination.state, subtotal=contents.subtotal)
    option = find_option(options, shipping_method_id)
    priced = pricing.price_order(
        lines=pricing_lines(contents), coupon=coupon, destination=destination, shipping_price=option.price
    )
    if priced.total is None:
        raise RuntimeError("with a destination and a shipping price there is a total")
    if expected is not None and expected != priced.total:
        raise TotalChanged(expected_total=f"{expected:.2f}", total=str(priced.total))
    return Plan(contents, option, coupon, priced, priced.total)


def find_option(options: Sequence[ShippingOption], shipping_method_id: int) -> ShippingOption:
    """The option of the method; a method that is not offered looks like one that does not exist."""
    for option in options:
        if option.method.id == shipping_method_id:
            return option
    raise InvalidInput.of("shipping_method", "does_not_exist", "This shipping method is not offered there.")


def check_available(lines: Sequence[Line]) -> None:
    """Raise ProductUnavailable, or OutOfStock with every short line, as far as can be said without locks."""
    if gone := [line for line in lines if not line.is_sold]:
        raise ProductUnavailable(
            lines=[
                {"item": line.item_id, "product": line.key.product_id, "variation": line.key.variation_id}
                for line in gone
            ]
        )
    if short := {line.key: (line.quantity, line.available) for line in lines if line.available < line.quantity}:
        raise stock.out_of_stock(short)
