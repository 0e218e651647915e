"""As-you-type suggestions: names whose words begin like the text, one typo a word forgiven."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from products.querysets.typos import swaps, typos

MOST_PRODUCTS = 8
MOST_CATEGORIES = 4
MOST_WORDS = 8
MOST_CANDIDATES = 200
SIMILAR_ENOUGH = "0.3"  # one letter wrong in a word of five leaves about this much of its trigrams; swaps leave less

_PREPARE = """
SELECT lower(unaccent(%s)), set_config('pg_trgm.word_similarity_threshold', %s, true)
"""
_PRODUCTS = """
SELECT l.words, p.name, p.slug, l.popularity
FROM products_productlisting l JOIN products_product p ON p.id = l.product_id
WHERE p.is_active AND (%(text)s <%% l.words OR l.words LIKE ANY(%(swapped)s))
ORDER BY word_similarity(%(text)s, l.words) DESC, p.id
LIMIT %(most)s
"""
_CATEGORIES = """
SELECT n.words, c.name, c.slug, c.id
FROM products_category c CROSS JOIN LATERAL (SELECT lower(unaccent(c.name)) AS words) n
WHERE %(text)s <%% n.words OR n.words LIKE ANY(%(swapped)s)
ORDER BY word_similarity(%(text)s, n.words) DESC, c.id
LIMIT %(most)s
"""


@dataclass(frozen=True)
class Suggestions:
    """The best names, the best first."""

    products: list[dict[str, Any]]
    categories: list[dict[str, Any]]


@transaction.atomic
def suggest(text: str) -> Suggestions:
    """Suggest products on offer and categories; trigrams find candidates, the typos decide.

    The threshold of similarity is set for this transaction only.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PREPARE, [text, SIMILAR_ENOUGH])
        plain = cursor.fetchone()[0]
        typed = _words(plain)[:MOST_WORDS]
        parameters: dict[str, Any] = {
            "text": " ".join(typed),
            "swapped": [f"%{swapped}%" for word in typed for swapped in swaps(word[:30])],
            "most": MOST_CANDIDATES,
        }
        cursor.execute(_PRODUCTS, parameters)
        products = _best(typed, cursor.fetchall(), lambda row: -row[3])[:MOST_PRODUCTS]
        cursor.execute(_CATEGORIES, parameters)
        categories = _best(typed, cursor.fetchall(), lambda row: row[3])[:MOST_CATEGORIES]
    return Suggestions(
        [{"name": name, "slug": slug} for _words, name, slug, _popularity in products],
        [{"id": pk, "name": name, "slug": slug} for _words, name, slug, pk in categories],
    )


def _best(typed: list[str], rows: list[Any], then: Any) -> list[Any]:
    """The rows that the typed words explain: fewest typos first, then names that begin like the text."""
    ranked = []
    for row in rows:
        count = typos(typed, _words(row[0]))
        if typed and count is not None:
            begins = row[0].startswith(typed[0])
            ranked.append(((count, not begins, then(row), len(row[0])), row))
    return [row for _rank, row in sorted(ranked, key=lambda pair: pair[0])]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
