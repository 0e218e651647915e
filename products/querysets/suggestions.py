"""As-you-type suggestions: names whose words begin like the text, one typo a word forgiven.

Full text finds the words as they are begun; only where that is too little, mistyped words are replaced by known ones.
Each look takes a bounded number of candidates, the most popular, of which the typos decide.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from products.querysets.nearest import known_words
from products.querysets.typos import SHORTEST_WITH_TYPO, swaps, typos, typos_of_beginning, words_of

MOST_PRODUCTS = 8
MOST_CATEGORIES = 4
MOST_CANDIDATES = 40
MOST_CATEGORY_CANDIDATES = 1000
MOST_ALTERNATIVES = 40  # known words that a mistyped one may begin
LEAST_SIMILAR = 0.3

_FOLD = "SELECT lower(unaccent(%s))"
# The last word is not only stemmed but taken as it stands, too: `be` is a word to skip, yet beach begins with it.
_CANDIDATES = """
SELECT l.words, p.name, p.slug, l.popularity
FROM products_productlisting l JOIN products_product p ON p.id = l.product_id
WHERE p.is_active AND l.vector @@ (
    to_tsquery('products_text', %(before)s) && (to_tsquery('products_text', %(last)s) || %(last)s::tsquery)
)
ORDER BY l.is_in_stock DESC, l.popularity DESC, l.product_id DESC
LIMIT %(most)s
"""
_BEGINNING = """
SELECT l.words, p.name, p.slug, l.popularity
FROM products_productlisting l JOIN products_product p ON p.id = l.product_id
WHERE p.is_active AND l.words LIKE %(begun)s
LIMIT %(most)s
"""
_CATEGORIES = """
SELECT n.words, c.name, c.slug, c.id
FROM products_category c CROSS JOIN LATERAL (SELECT lower(unaccent(c.name)) AS words) n
WHERE n.words LIKE ANY(%(inside)s) OR word_similarity(%(longest)s, n.words) >= %(similar)s
LIMIT %(most)s
"""


@dataclass(frozen=True)
class Suggestions:
    """The best names, the best first."""

    products: list[dict[str, Any]]
    categories: list[dict[str, Any]]


def suggest(text: str) -> Suggestions:
    """Suggest products on offer and categories for what a customer has typed so far."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, [text])
        typed = words_of(cursor.fetchone()[0])
        if not typed:
            return Suggestions([], [])
        products = _products(cursor, typed)
        categories = _categories(cursor, typed)
    return Suggestions(
        [{"name": row[1], "slug": row[2]} for row in products[:MOST_PRODUCTS]],
        [{"id": row[3], "name": row[1], "slug": row[2]} for row in categories[:MOST_CATEGORIES]],
    )


def _products(cursor: CursorWrapper, typed: Sequence[str]) -> list[Any]:
    """The names that the text begins, then those with its words, then, where these are few, those a typo away."""
    found: set[Any] = set()
    cursor.execute(_BEGINNING, {"begun": " ".join(typed) + "%", "most": MOST_CANDIDATES})
    found.update(cursor.fetchall())
    for groups in _looks(typed):
        cursor.execute(_CANDIDATES, {**_begun(groups), "most": MOST_CANDIDATES})
        found.update(cursor.fetchall())
        best = _best(typed, found, lambda row: -row[3])
        if len(best) >= MOST_PRODUCTS:
            return best
    return _best(typed, found, lambda row: -row[3])


def _looks(typed: Sequence[str]) -> Iterator[list[list[str]]]:
    """The words as they are begun; then, where any word may be mistyped, known words that it may begin, too."""
    yield [[word] for word in typed]
    known = known_words(typed)
    groups = [[word, *_meant(word, known)] for word in typed]
    if any(len(group) > 1 for group in groups):
        yield groups


def _meant(word: str, known: Sequence[str]) -> list[str]:
    if len(word) < SHORTEST_WITH_TYPO:
        return []
    return [other for other in known if typos_of_beginning(word, other) == 1][:MOST_ALTERNATIVES]


def _begun(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    *before, last = ["(" + " | ".join(f"'{word}':*A" for word in group) + ")" for group in groups]
    return {"before": " & ".join(before), "last": last}


def _categories(cursor: CursorWrapper, typed: Sequence[str]) -> list[Any]:
    """By the longest word, which says most; one typo leaves it so similar, in trigrams."""
    longest = max(typed, key=len)
    probe: dict[str, Any] = {
        "inside": [f"%{word}%" for word in (longest, *swaps(longest))],
        "longest": longest,
        "similar": max(LEAST_SIMILAR, (len(longest) - 3) / (len(longest) + 1) - 0.02),
        "most": MOST_CATEGORY_CANDIDATES,
    }
    cursor.execute(_CATEGORIES, probe)
    return _best(typed, cursor.fetchall(), lambda row: row[3])


def _best(typed: Sequence[str], rows: Any, then: Callable[[Any], int]) -> list[Any]:
    """The rows that the typed words explain: fewest typos first, then names that begin like the text."""
    ranked = []
    for row in rows:
        count = typos(typed, words_of(row[0]))
        if count is not None:
            begins = row[0].startswith(typed[0])
            ranked.append(((count, not begins, then(row), len(row[0]), row[2]), row))
    return [row for _rank, row in sorted(ranked, key=lambda pair: pair[0])]
