"""The admin pages of carts, coupons, taxes and orders; importing this registers them."""

from orders.admin import carts, coupons, orders, taxes

__all__ = ["carts", "coupons", "orders", "taxes"]
