"""What belongs to a product: what customers bought with it, and its neighbours in the categories; all on offer now."""

from dataclasses import dataclass

from django.db import connection

from products.models import Product
from products.models.related import MOST_OTHERS

# However large the categories are, a bounded number of their latest members are looked at.
MOST_CATEGORIES = 10
MOST_MEMBERS = 200

_RELATED = f"""
WITH bought AS (
    SELECT b.other_id AS id, b.place FROM products_boughttogether b
    JOIN products_product p ON p.id = b.other_id
    WHERE b.product_id = %(product)s AND p.is_active
),
neighbour AS (
    SELECT m.product_id AS id, count(*) AS shared
    FROM (
        SELECT category_id FROM products_product_categories
        WHERE product_id = %(product)s ORDER BY category_id LIMIT {MOST_CATEGORIES}
    ) c
    CROSS JOIN LATERAL (
        SELECT product_id FROM products_product_categories x
        WHERE x.category_id = c.category_id ORDER BY x.product_id DESC LIMIT {MOST_MEMBERS}
    ) m
    WHERE m.product_id <> %(product)s AND m.product_id NOT IN (SELECT id FROM bought)
    GROUP BY m.product_id
),
nearest AS (
    SELECT n.id, row_number() OVER (
        ORDER BY n.shared DESC, p.stock_quantity > 0 DESC, l.popularity DESC, n.id DESC
    ) AS place
    FROM neighbour n
    JOIN products_product p ON p.id = n.id AND p.is_active
    JOIN products_productlisting l ON l.product_id = n.id
    ORDER BY place LIMIT {MOST_OTHERS}
)
SELECT id, true AS is_bought, place FROM bought
UNION ALL
SELECT id, false, place FROM nearest
ORDER BY is_bought DESC, place
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True)
class Related:
    """Two rows of products for a product's page, each at most MOST_OTHERS, none in both."""

    also_bought: list[Product]
    related: list[Product]


def related_to(product_id: int) -> Related:
    """What belongs to the product, the nearest first, with all that lists show, in four statements."""
    with connection.cursor() as cursor:
        cursor.execute(_RELATED, {"product": product_id})
        rows = cursor.fetchall()
    found = Product.objects.active().filter(id__in=[row[0] for row in rows]).for_list()
    shown = {product.id: product for product in found}
    return Related(
        also_bought=[shown[pk] for pk, is_bought, _ in rows if is_bought and pk in shown],
        related=[shown[pk] for pk, is_bought, _ in rows if not is_bought and pk in shown],
    )
