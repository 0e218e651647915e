"""The admin pages of the catalogue; importing this registers them."""

from products.admin import categories, imports, parts, products, reviews, stock, wanted_pictures

__all__ = ["categories", "imports", "parts", "products", "reviews", "stock", "wanted_pictures"]
