"""What a customer may have meant by a text that finds nothing: words a typo or two away, else names that look alike.

Four looks, from the surest to the last resort: mistyped words mended; words that exist taken for mistyped too; names
that look alike; and without the words that nobody knows. Each is one bounded statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction

from products.querysets.search import Search, any_of_each
from products.querysets.typos import (
    SHORTEST_WITH_TYPO,
    allowed_typos,
    typo_keys,
    typos_of_beginning,
    typos_of_word,
    words_of,
)

if TYPE_CHECKING:
    from products.querysets.products import ProductQuerySet

MOST_ALTERNATIVES = 12  # of one word
MOST_NAMES = 50
MOST_ALIKE = 24
ALIKE_FROM = 0.45  # trigrams in common; names of six words with two wrong ones still reach it

# Key by key: of a search for any of many keys the planner expects so much that it would rather read all words.
_KNOWN_WORDS = """
SELECT DISTINCT w.word FROM unnest(%s::text[]) AS k(key) JOIN products_searchword w ON w.keys @> ARRAY[k.key]
"""
_LOOK_ALIKE_FROM = "SELECT set_config('pg_trgm.similarity_threshold', %s, true)"


@dataclass(frozen=True)
class Nearest:
    """The search that is meant, and how its text reads."""

    search: Search
    text: str


def find_nearest(visible: "ProductQuerySet", folded: str) -> Nearest | None:
    """What finds something among the visible products and is nearest to the text; None where nothing is near."""
    typed = words_of(folded)
    if not typed:
        return None
    known = known_words(typed)
    near = [_near(word, known, is_last=place == len(typed) - 1) for place, word in enumerate(typed)]
    exists = [word in known for word in typed]
    doubted = [[word, *others] for word, others in zip(typed, near, strict=True)]
    mended = [group[:1] if is_word else group[1:] or group for group, is_word in zip(doubted, exists, strict=True)]
    kept = [group for group, is_word in zip(doubted, exists, strict=True) if is_word or len(group) > 1]
    return (
        _read(visible, folded, mended)
        or _read(visible, folded, doubted)
        or _find_alike(visible, folded)
        or _read(visible, folded, kept)
    )


def _read(visible: "ProductQuerySet", folded: str, groups: Sequence[Sequence[str]]) -> Nearest | None:
    """The search for one word of each group, if it finds something, in the words of the name that they fit best."""
    if not groups:
        return None
    search = Search(folded=folded, query=any_of_each(groups), by_likeness=len(groups) > 2)
    names = visible.matching(search).best_sellers_first().values_list("listing__words", flat=True)[:MOST_NAMES]
    readings = [_read_by(groups, words_of(name)) for name in names]
    return Nearest(search, min(readings, key=lambda reading: reading[0])[1]) if readings else None


def known_words(typed: Sequence[str]) -> list[str]:
    """The words of names that are near any of the typed words, and more that only share a key with one."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_WORDS, [typo_keys(typed)])
        return [row[0] for row in cursor.fetchall()]


def _near(word: str, known: Sequence[str], *, is_last: bool) -> list[str]:
    """The known words that the word may stand for, all of the fewest typos; the last one may be a beginning."""
    allowed = allowed_typos(word)
    distances = {other: typos_of_word(word, other) for other in known if other != word}
    fewest = min(distances.values(), default=allowed + 1)
    if fewest <= allowed:
        found = [other for other, distance in distances.items() if distance == fewest]
    else:
        found = [other for other in known if is_last and allowed and typos_of_beginning(word, other) <= 1]
    return sorted(found)[:MOST_ALTERNATIVES]


def _read_by(groups: Sequence[Sequence[str]], name: Sequence[str]) -> tuple[int, str]:
    """How far down its group each word stands that the name has, summed, and the text that they make."""
    total, words = 0, []
    for group in groups:
        place = next((place for place, word in enumerate(group) if word in name), None)
        total += len(group) if place is None else place
        words.append(group[place or 0])
    return total, " ".join(words)


def _find_alike(visible: "ProductQuerySet", folded: str) -> Nearest | None:
    if len(folded) < SHORTEST_WITH_TYPO:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOOK_ALIKE_FROM, [str(ALIKE_FROM)])
        alike = (
            visible.filter(listing__words__trigram_similar=folded)
            .annotate(likeness=TrigramSimilarity("listing__words", folded))
            .order_by("-likeness", "id")
        )
        rows = list(alike.values_list("id", "listing__words")[:MOST_ALIKE])
    if not rows:
        return None
    ids = [product_id for product_id, _words in rows]
    return Nearest(Search(folded=folded, query=None, nearest=ids, by_likeness=True), rows[0][1])
