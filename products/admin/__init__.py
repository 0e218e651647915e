"""The admin pages of the catalogue; importing this registers them."""

from products.admin import categories, parts, products, reviews, stock

__all__ = ["categories", "parts", "products", "reviews", "stock"]
