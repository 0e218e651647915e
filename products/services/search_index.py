"""The language in which the catalogue is searched, and the vectors that depend on it."""

from collections.abc import Iterator
from typing import ClassVar

from django.db import connection, transaction

from common.errors import DomainError

BATCH_SIZE = 1_000
CONFIG = "products_text"

# The dictionaries that PostgreSQL's own configuration gives to the words of a language, for plain and for accented
# letters (Russian has English ones for the former).
_DICTIONARIES = """
SELECT t.alias, string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno)
FROM pg_ts_config c
JOIN pg_ts_config_map m ON m.mapcfg = c.oid
JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
WHERE c.cfgnamespace = 'pg_catalog'::regnamespace AND c.cfgname = %s AND t.alias IN ('asciiword', 'word')
GROUP BY t.alias
"""
_LANGUAGES = "SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'pg_catalog'::regnamespace ORDER BY cfgname"
_SPEAK = """
ALTER TEXT SEARCH CONFIGURATION {config} ALTER MAPPING FOR asciihword, hword_asciipart, asciiword WITH {asciiword};
ALTER TEXT SEARCH CONFIGURATION {config} ALTER MAPPING FOR hword, hword_part, word WITH unaccent, {word};
"""
_REBUILD = """
UPDATE products_productlisting l SET vector = v.vector
FROM (
    SELECT p.id, products_listing_vector(p.sku, p.name, p.description) AS vector
    FROM products_product p WHERE p.id > %(after)s AND p.id <= %(to)s
) v
WHERE l.product_id = v.id AND l.vector IS DISTINCT FROM v.vector
"""
_ENDS = "SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) FROM products_product"


class UnknownLanguage(DomainError):
    """PostgreSQL has no text search configuration of this name; `languages` are those it has."""

    code: ClassVar[str] = "unknown_language"
    title: ClassVar[str] = "PostgreSQL cannot search in this language"


@transaction.atomic
def speak(*, language: str) -> None:
    """Have words stemmed, and skipped, as PostgreSQL's configuration of this name does; accents never matter.

    What is searched for follows at once, what is found only once the vectors are rebuilt. Raises UnknownLanguage.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DICTIONARIES, [language])
        dictionaries = dict(cursor.fetchall())
        if not dictionaries:
            cursor.execute(_LANGUAGES)
            languages = [row[0] for row in cursor.fetchall()]
            raise UnknownLanguage(f"{language!r} is none of {', '.join(languages)}.", languages=languages)
        cursor.execute(_SPEAK.format(config=CONFIG, **dictionaries))


def rebuild_vectors() -> Iterator[int]:
    """Make the vectors anew, each batch in a transaction of its own; yields how many each changed.

    Vectors that are right already are left as they are, so a rebuild that was interrupted is simply run again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENDS)
        first, last = cursor.fetchone()
        for after in range(first, last, BATCH_SIZE):
            cursor.execute(_REBUILD, {"after": after, "to": after + BATCH_SIZE})
            yield cursor.rowcount
