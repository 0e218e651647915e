"""A search by relevance in one statement: what was typed, as it was typed, over everything that is visible.

The common case of `FoundProducts`, whose order it has to have: an exact code, the exact name, then by rank. What finds
nothing as it was typed, or more than MOST, is for `FoundProducts` to deal with; what is more is not read here.
"""

from dataclasses import dataclass

from common.postgresql.prepared import read_prepared
from products.querysets.pages import CATEGORIES_VERSION, ShownProduct
from products.querysets.plans import BY_INDEX
from products.querysets.products import SOLD_OUT_COUNTS
from products.querysets.search import CONFIG, LONGEST_CODE, texts_of

# Each match is read three times: where it is found, as a product, and for its rank; all are less than 10,000 rows.
MOST = 3_000

# Both sides of what is found are asked by their indexes; joined by OR, the planner would read all listings.
_SQL = f"""
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('{CONFIG}', %s)
        || coalesce(phraseto_tsquery('simple', %s), ''::tsquery)
        || coalesce(websearch_to_tsquery('{CONFIG}', %s) && to_tsquery('{CONFIG}', %s), ''::tsquery) AS query,
        lower(unaccent(%s)) AS folded, %s AS code
),
coded AS MATERIALIZED (
    SELECT p.id FROM asked JOIN products_product p ON upper(p.sku) = upper(asked.code)
    UNION SELECT v.product_id FROM asked JOIN products_productvariation v ON upper(v.sku) = upper(asked.code)
    UNION SELECT p.id FROM asked JOIN products_product p ON p.barcode = asked.code AND p.barcode <> ''
    UNION SELECT v.product_id FROM asked JOIN products_productvariation v
        ON v.barcode = asked.code AND v.barcode <> ''
),
matched AS MATERIALIZED (
    (SELECT l.product_id AS id FROM asked JOIN products_productlisting l ON l.vector @@ asked.query
        LIMIT {MOST + 1})
    UNION SELECT id FROM coded
),
found AS MATERIALIZED (
    SELECT p.id, l.version, l.popularity, l.words = asked.folded AS is_named, c.id IS NOT NULL AS is_coded,
        ts_rank(l.vector, asked.query) * (1.0 + (0.1 * ln((l.popularity + 1)::double precision)))
            * CASE WHEN l.is_in_stock THEN 1.0 ELSE {SOLD_OUT_COUNTS} END AS relevance
    FROM asked CROSS JOIN matched m
    JOIN products_product p ON p.id = m.id AND (p.is_active OR %s)
    JOIN products_productlisting l ON l.product_id = m.id
    LEFT JOIN coded c ON c.id = m.id
    WHERE (SELECT count(*) FROM matched) <= {MOST}
)
SELECT products_product.id, products_product.version, {CATEGORIES_VERSION},
    (SELECT count(*) FROM found)
FROM found products_product
ORDER BY is_coded DESC, is_named DESC, relevance DESC, popularity DESC, id
LIMIT %s OFFSET %s
"""  # noqa: S608 - constants of this package


@dataclass(frozen=True)
class RankedPage:
    """A page of what a search found, and how many products it found."""

    shown: list[ShownProduct]
    count: int


def read_ranked(text: str, *, drafts: bool, start: int, size: int) -> RankedPage | None:
    """So many products from a place on; None where nothing is there, or too much."""
    texts = texts_of(text)
    code = text.strip()
    asked = (texts.web, texts.phrase, texts.before, texts.begun, code, code if len(code) <= LONGEST_CODE else None)
    rows = read_prepared(_SQL, (*asked, drafts, size, start), ahead=BY_INDEX)
    return RankedPage([ShownProduct(*row[:3]) for row in rows], rows[0][3]) if rows else None
