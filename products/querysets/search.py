"""Turns what a customer types into full-text queries of PostgreSQL; never fails, whatever is typed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery
from django.db import connection

CONFIG = "products_text"
MOST_CHARACTERS = 200
LONGEST_CODE = 50
_PLAIN_WORD = re.compile(r"\w{2,}")
_OPERATOR = re.compile(r'(^|\s)(-\w|"[^"]+")')
# In websearch syntax these would exclude and quote: 24" wig - black.
_DASH = re.compile(r"(?<!\S)-(?!\S)")
_INCHES = re.compile(r'"')

_READ = """
SELECT lower(unaccent(%(text)s)), ARRAY(
    SELECT id FROM products_product WHERE upper(sku) = upper(%(code)s)
    UNION SELECT product_id FROM products_productvariation WHERE upper(sku) = upper(%(code)s)
    UNION SELECT id FROM products_product WHERE barcode = %(code)s AND barcode <> ''
    UNION SELECT product_id FROM products_productvariation WHERE barcode = %(code)s AND barcode <> ''
    ORDER BY 1
)
"""

TextQuery = SearchQuery | CombinedSearchQuery


@dataclass(frozen=True)
class Search:
    """What is looked for: by full text, and by ids of products.

    `codes` are the products whose SKU or barcode, or a variation's, is exactly the text; `folded` is the text without
    accents and capitals. `by_likeness` ranks names by how much they look like the text, as it takes where words are
    mistyped.
    """

    folded: str
    query: TextQuery | None
    codes: Sequence[int] = ()
    nearest: Sequence[int] = ()
    by_likeness: bool = False

    @property
    def product_ids(self) -> list[int]:
        """The products that are found whatever their text says."""
        return [*self.codes, *self.nearest]


def search_as_typed(text: str) -> Search:
    """The search for exactly what was typed; asks the database which products have the text for a code."""
    code = text.strip()
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"text": code, "code": code if len(code) <= LONGEST_CODE else None})
        folded, codes = cursor.fetchone()
    return Search(folded=folded, query=search_query(text), codes=codes)


class Texts(NamedTuple):
    """What a text asks for, each None where it asks for no such thing.

    `web` in web search syntax; or the words of a `phrase` as they stand; or what is `before` the last word, and that
    as a beginning in tsquery syntax.
    """

    web: str
    phrase: str | None
    before: str | None
    begun: str | None


def texts_of(text: str) -> Texts:
    """What a text asks for: with quotes or a minus what it says, else a phrase such as a SKU and a beginning, too."""
    text = _DASH.sub(" ", text)
    if says_what_it_means(text):
        return Texts(text, None, None, None)
    text = _INCHES.sub(" ", text)
    before, _, last = text.strip().rpartition(" ")
    is_begun = _PLAIN_WORD.fullmatch(last) is not None
    return Texts(text, text, before if is_begun else None, f"'{last}':*" if is_begun else None)


def search_query(text: str) -> TextQuery:
    """The query for a search box: web search syntax, the SKU as it stands, and the last word as a beginning.

    Words are stemmed and freed of accents by the configuration `products_text`; the SKU's words are neither. With
    quotes or a minus the text means what it says, so neither the SKU nor a beginning is guessed.
    """
    texts = texts_of(text)
    query: TextQuery = SearchQuery(texts.web, config=CONFIG, search_type="websearch")
    if texts.phrase is not None:
        query |= SearchQuery(texts.phrase, config="simple", search_type="phrase")
    if texts.begun is not None:
        begun = SearchQuery(texts.begun, config=CONFIG, search_type="raw")
        before = texts.before
        query |= SearchQuery(before, config=CONFIG, search_type="websearch") & begun if before else begun
    return query


def says_what_it_means(text: str) -> bool:
    """Whether the text uses quotes or a minus, so that nothing about it is to be guessed."""
    return _OPERATOR.search(text) is not None


def any_of_each(groups: Sequence[Sequence[str]]) -> TextQuery:
    """The query for products that have one word of each group; words are letters and digits, as `words_of` has them."""
    raw = " & ".join("(" + " | ".join(f"'{word}'" for word in group) + ")" for group in groups)
    return SearchQuery(raw, config=CONFIG, search_type="raw")
