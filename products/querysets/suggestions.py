"""As-you-type suggestions: names whose words begin like the text, one typo a word forgiven.

Full text finds the words as they stand; only where that is too little, trigrams find names a typo away. Each look
takes a bounded number of candidates, of which the typos decide.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from products.querysets.typos import swaps, typos

MOST_PRODUCTS = 8
MOST_CATEGORIES = 4
MOST_WORDS = 8
LONGEST_WORD = 30
MOST_CANDIDATES = 1000
LEAST_SIMILAR = 0.3

_PREPARE = """
SELECT lower(unaccent(%s)), set_config('pg_trgm.word_similarity_threshold', %s, true)
"""
_CANDIDATES = """
SELECT l.words, p.name, p.slug, l.popularity
FROM (SELECT product_id, words, popularity FROM products_productlisting WHERE {} LIMIT %(most)s) l
JOIN products_product p ON p.id = l.product_id
WHERE p.is_active
"""
# From the cheapest look to the dearest: words as they stand, two letters swapped, any other typo.
_LOOKS = (
    "vector @@ to_tsquery('products_text', %(beginnings)s)",
    "words LIKE ANY(%(swapped)s)",
    "%(word)s <%% words ORDER BY word_similarity(%(word)s, words) DESC, product_id",
)
_CATEGORIES = """
SELECT n.words, c.name, c.slug, c.id
FROM products_category c CROSS JOIN LATERAL (SELECT lower(unaccent(c.name)) AS words) n
WHERE %(word)s <%% n.words OR n.words LIKE ANY(%(swapped)s)
LIMIT %(most)s
"""


@dataclass(frozen=True)
class Suggestions:
    """The best names, the best first."""

    products: list[dict[str, Any]]
    categories: list[dict[str, Any]]


@transaction.atomic
def suggest(text: str) -> Suggestions:
    """Suggest products on offer and categories for what a customer has typed so far."""
    with connection.cursor() as cursor:
        cursor.execute(_PREPARE, [text, f"{_similar_enough(text):.2f}"])
        typed = [word[:LONGEST_WORD] for word in _words(cursor.fetchone()[0])[:MOST_WORDS]]
        if not typed:
            return Suggestions([], [])
        probe = _probe(typed)
        products = _products(cursor, typed, probe)
        cursor.execute(_CATEGORIES, probe)
        categories = _best(typed, cursor.fetchall(), lambda row: row[3])
    return Suggestions(
        [{"name": row[1], "slug": row[2]} for row in products[:MOST_PRODUCTS]],
        [{"id": row[3], "name": row[1], "slug": row[2]} for row in categories[:MOST_CATEGORIES]],
    )


def _products(cursor: CursorWrapper, typed: Sequence[str], probe: dict[str, Any]) -> list[Any]:
    """Look until there are enough; what an earlier look found has fewer typos than what a later one adds."""
    found: set[Any] = set()
    best: list[Any] = []
    for look in _LOOKS:
        cursor.execute(_CANDIDATES.format(look), probe)
        found.update(cursor.fetchall())
        best = _best(typed, found, lambda row: -row[3])
        if len(best) >= MOST_PRODUCTS:
            break
    return best


def _similar_enough(text: str) -> float:
    """How similar one typo leaves the longest word, in trigrams; holds for this transaction only."""
    longest = max(map(len, _words(text)), default=0)
    return max(LEAST_SIMILAR, (min(longest, LONGEST_WORD) - 3) / (longest + 1) - 0.02)


def _probe(typed: Sequence[str]) -> dict[str, Any]:
    """What to look for; typos by the longest word, which says most."""
    longest = max(typed, key=len)
    return {
        "beginnings": " & ".join(f"'{word}':*A" for word in typed),
        "swapped": [f"%{word}%" for word in swaps(longest)],
        "word": longest,
        "most": MOST_CANDIDATES,
    }


def _best(typed: Sequence[str], rows: Any, then: Callable[[Any], int]) -> list[Any]:
    """The rows that the typed words explain: fewest typos first, then names that begin like the text."""
    ranked = []
    for row in rows:
        count = typos(typed, _words(row[0]))
        if count is not None:
            begins = row[0].startswith(typed[0])
            ranked.append(((count, not begins, then(row), len(row[0]), row[2]), row))
    return [row for _rank, row in sorted(ranked, key=lambda pair: pair[0])]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
