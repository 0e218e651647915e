"""The admin pages of the catalogue; importing this registers them."""

from products.admin import categories, parts, prices, products, reviews, stock, wanted_pictures

__all__ = ["categories", "parts", "prices", "products", "reviews", "stock", "wanted_pictures"]
