"""Carts: whose they are, what is in them, what that costs today, and every way to change them."""

from orders.services.carts.contents import Contents, Line, no_contents, read_contents
from orders.services.carts.coupon import apply_coupon, remove_coupon
from orders.services.carts.lines import Added, add_item, change_quantity, clear, remove_item
from orders.services.carts.merging import merge
from orders.services.carts.owner import CartOwner, find_cart, lock_cart
from orders.services.carts.summary import CartSummary, Problem, summarise

__all__ = [
    "Added",
    "CartOwner",
    "CartSummary",
    "Contents",
    "Line",
    "Problem",
    "add_item",
    "apply_coupon",
    "change_quantity",
    "clear",
    "find_cart",
    "lock_cart",
    "merge",
    "no_contents",
    "read_contents",
    "remove_coupon",
    "remove_item",
    "summarise",
]
