"""Checkout: what an order would cost, and placing it."""

from orders.services.checkout.placing import Placed, place_order
from orders.services.checkout.quoting import Quote, make_quote
from orders.services.checkout.wish import AddressChoice, CheckoutWish

__all__ = ["AddressChoice", "CheckoutWish", "Placed", "Quote", "make_quote", "place_order"]
