"""Categories for products that an import made: each is on two shelves that its SKU names."""

from django.db import connection

# An array in the SQL of PostgreSQL and of DuckDB alike.
SHELVES_OF_SKU = "ARRAY['begins-' || lower(left({sku}, 1)), 'long-' || length({sku})]"

_MAKE = f"""
INSERT INTO products_category (name, slug)
SELECT DISTINCT shelf, shelf FROM products_product p, unnest({SHELVES_OF_SKU.format(sku="p.sku")}) shelf;

INSERT INTO products_product_categories (product_id, category_id)
SELECT p.id, c.id
FROM products_product p JOIN products_category c ON c.slug = ANY({SHELVES_OF_SKU.format(sku="p.sku")});
"""


def fill_shelves() -> None:
    """Make the shelves that the products' SKUs name, and put each product on its two."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE)
