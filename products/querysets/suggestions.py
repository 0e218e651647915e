"""As-you-type suggestions: names that begin like the text or are a typo away from it, by trigrams."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

MOST_PRODUCTS = 8
MOST_CATEGORIES = 4
SIMILAR_ENOUGH = "0.4"  # one typo in a word of five letters leaves about this much of its trigrams

_PRODUCTS = """
SELECT p.name, p.slug
FROM products_productlisting l JOIN products_product p ON p.id = l.product_id
WHERE p.is_active AND lower(unaccent(%(text)s)) <%% l.words
ORDER BY l.words LIKE %(beginning)s DESC, round(word_similarity(lower(unaccent(%(text)s)), l.words)::numeric, 1) DESC,
    l.popularity DESC, length(l.words), p.id
LIMIT %(most)s
"""
_CATEGORIES = """
SELECT id, name, slug FROM products_category
WHERE lower(unaccent(%(text)s)) <%% lower(unaccent(name))
ORDER BY lower(unaccent(name)) LIKE %(beginning)s DESC,
    word_similarity(lower(unaccent(%(text)s)), lower(unaccent(name))) DESC, name, id
LIMIT %(most)s
"""


@dataclass(frozen=True)
class Suggestions:
    """The best names, the best first."""

    products: list[dict[str, Any]]
    categories: list[dict[str, Any]]


@transaction.atomic
def suggest(text: str) -> Suggestions:
    """Suggest products on offer and categories; the threshold is set for this transaction only."""
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_").lower()
    parameters = {"text": text, "beginning": f"{escaped}%"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = %s", [SIMILAR_ENOUGH])
        cursor.execute(_PRODUCTS, {**parameters, "most": MOST_PRODUCTS})
        products = [{"name": name, "slug": slug} for name, slug in cursor.fetchall()]
        cursor.execute(_CATEGORIES, {**parameters, "most": MOST_CATEGORIES})
        categories = [{"id": row[0], "name": row[1], "slug": row[2]} for row in cursor.fetchall()]
    return Suggestions(products, categories)
