"""The admin pages of carts, coupons, taxes, orders and invoices; importing this registers them."""

from orders.admin import carts, coupons, invoices, orders, taxes

__all__ = ["carts", "coupons", "invoices", "orders", "taxes"]
