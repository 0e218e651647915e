"""Quotes: what an order would cost if it were placed now; nothing is written or locked."""

from dataclasses import dataclass

from orders.services import pricing
from orders.services.carts import CartOwner, Problem, summarise
from orders.services.carts.summary import pricing_lines
from orders.services.checkout.planning import find_option, read_active_contents
from orders.services.checkout.wish import AddressChoice, choose_address
from orders.services.pricing import Pricing
from shipping.services.quotes import ShippingOption, shipping_options


@dataclass(frozen=True)
class Quote:
    """The methods that serve the address, the price so far, and what would stop checkout."""

    shipping_methods: list[ShippingOption]
    pricing: Pricing
    problems: list[Problem]


def make_quote(*, owner: CartOwner, address: AddressChoice, shipping_method_id: int | None) -> Quote:
    """Quote the owner's cart for an address; without a method, shipping, tax and total stay open.

    Raises CartEmpty or CartAlreadyOrdered, and InvalidInput for an address or method that cannot be.
    """
    contents = read_active_contents(owner=owner)
    destination = choose_address(choice=address, owner=owner, field="shipping_address").destination
    summary = summarise(contents=contents, customer_email=owner.email)
    options = shipping_options(country=destination.country, state=destination.state, subtotal=contents.subtotal)
    chosen = find_option(options, shipping_method_id) if shipping_method_id is not None else None
    priced = pricing.price_order(
        lines=pricing_lines(contents),
        coupon=summary.coupon,
        destination=destination,
        shipping_price=chosen.price if chosen else None,
    )
    return Quote(options, priced, summary.problems)
