"""Turns what a customer types into full-text queries of PostgreSQL; never fails, whatever is typed."""

import re

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery

CONFIG = "products_text"
MOST_CHARACTERS = 200
_PLAIN_WORD = re.compile(r"\w{2,}")
_OPERATOR = re.compile(r'"|(^|\s)-')


def search_query(text: str) -> SearchQuery | CombinedSearchQuery:
    """The query for a search box: web search syntax, the SKU as it stands, and the last word as a beginning.

    Words are stemmed and freed of accents by the configuration `products_text`; the SKU's words are neither. With
    quotes or a minus the text means what it says, so neither the SKU nor a beginning is guessed.
    """
    query: SearchQuery | CombinedSearchQuery = SearchQuery(text, config=CONFIG, search_type="websearch")
    if _OPERATOR.search(text):
        return query
    query |= SearchQuery(text, config="simple", search_type="phrase")
    before, _, last = text.strip().rpartition(" ")
    if _PLAIN_WORD.fullmatch(last):
        begun = SearchQuery(f"'{last}':*", config=CONFIG, search_type="raw")
        query |= SearchQuery(before, config=CONFIG, search_type="websearch") & begun if before else begun
    return query
