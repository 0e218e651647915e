"""A large catalogue for proofs of speed, made by a few statements in seconds, the same each time.

A name is a brand out of thousands and four to six common words. One product of a hundred is a draft, one of ten is
sold out, one of three is sold in two sizes. No two columns go together.
"""

from django.db import connection

# What each random choice depends on: the product's number and a salt of the column's own.
_CHANCE = """
CREATE FUNCTION pg_temp.chance(number bigint, salt int, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(number, salt) & 1073741823) % sides)::int
$$
"""
_PICK = """
CREATE FUNCTION pg_temp.pick(words text, number bigint, salt int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT split_part(words, ' ', 1 + pg_temp.chance(number, salt, 1 + length(words) - length(replace(words, ' ', ''))))
$$
"""
_NAMES = """
CREATE FUNCTION pg_temp.made_up_name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT initcap(concat_ws(' ',
        pg_temp.pick('ba co du fe gi ho ka le mi no pu ra', n, 1) || pg_temp.pick('lan mer nor pel rin sto tam', n, 2)
            || pg_temp.pick('da fi go ku li ma ne po ru sa ta vi', n, 3) || pg_temp.pick('x n r s th nd lo', n, 4),
        pg_temp.pick('casual elegant printed striped floral ribbed pleated quilted distressed vintage', n, 5),
        pg_temp.pick('cotton linen leather denim velvet satin chiffon corduroy cashmere polyester', n, 6),
        pg_temp.pick('dress shirt jacket blouse sweater trousers skirt sandals sneakers necklace', n, 7),
        'in ' || pg_temp.pick('crimson turquoise lavender charcoal emerald ivory mustard burgundy cobalt', n, 8),
        CASE WHEN pg_temp.chance(n, 9, 2) = 0
            THEN 'with ' || pg_temp.pick('pockets buttons zipper hood belt fringe lining', n, 10) END
    ))
$$
"""
# Row by row the triggers would take a minute; what they keep is written here in sets.
_WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = {}"
_FILL = """
INSERT INTO products_product (name, slug, sku, description, price, stock_quantity, is_active, created_at, updated_at)
SELECT
    pg_temp.made_up_name(n), 'made-' || n, 'MADE-' || n,
    concat_ws(' ', 'Made for', pg_temp.pick('summer winter evenings weekends travelling gardens offices', n, 11),
        'with', pg_temp.pick('embroidery sequins patches ruffles lace', n, 12),
        'and number', n %% 1000, 'of its kind.'),
    5 + pg_temp.chance(n, 13, 20000) / 100.0,
    CASE WHEN pg_temp.chance(n, 14, 10) = 0 THEN 0 ELSE 2 * (1 + pg_temp.chance(n, 15, 25)) END,
    pg_temp.chance(n, 16, 100) > 0,
    timestamptz '2026-01-01' - make_interval(mins => pg_temp.chance(n, 17, 500000)),
    timestamptz '2026-01-01' - make_interval(mins => pg_temp.chance(n, 18, 500000))
FROM generate_series(1, %(count)s) n;

INSERT INTO products_productvariation (product_id, name, value, sku, stock_quantity)
SELECT p.id, 'Size', size, p.sku || '-' || size, p.stock_quantity / 2
FROM products_product p
CROSS JOIN LATERAL unnest(ARRAY[pg_temp.pick('XS S M', p.id, 19), pg_temp.pick('L XL XXL', p.id, 20)]) size
WHERE pg_temp.chance(p.id, 21, 3) = 0;

INSERT INTO products_category (name, slug)
SELECT 'Root ' || n, 'root-' || n FROM generate_series(0, 9) n;
INSERT INTO products_category (name, slug, parent_id)
SELECT 'Branch ' || n, 'branch-' || n, c.id
FROM generate_series(0, 49) n JOIN products_category c ON c.slug = 'root-' || n %% 10;
INSERT INTO products_product_categories (product_id, category_id)
SELECT p.id, c.id
FROM products_product p JOIN products_category c ON c.slug = 'branch-' || pg_temp.chance(p.id, 22, 50);

INSERT INTO products_productlisting (product_id, vector, words, is_in_stock, popularity, rating_average)
SELECT id, products_listing_vector(sku, name, description), lower(unaccent(name)), stock_quantity > 0,
    CASE WHEN pg_temp.chance(id, 23, 4) = 0 THEN pg_temp.chance(id, 24, 500) ELSE 0 END,
    CASE WHEN pg_temp.chance(id, 25, 3) = 0 THEN 1 + pg_temp.chance(id, 26, 401) / 100.0 ELSE 0 END
FROM products_product;
SELECT products_learn_words(string_agg(words, ' ')) FROM products_productlisting;
"""
_FLUSH = """
SELECT gin_clean_pending_list(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
WHERE a.amname = 'gin' AND i.indrelid = ANY(%s::regclass[])
"""
_TABLES = [
    *("products_product", "products_productlisting", "products_productvariation", "products_searchword"),
    *("products_category", "products_product_categories"),
]


def fill_catalogue(count: int) -> None:
    """Make so many products with what belongs to them, and tell the planner; needs an empty catalogue."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_TRIGGERS.format("replica"))
        for statement in (_CHANCE, _PICK, _NAMES):
            cursor.execute(statement)
        cursor.execute(_FILL, {"count": count})
        cursor.execute(_WITHOUT_TRIGGERS.format("origin"))
        cursor.execute(_FLUSH, [_TABLES])
        cursor.execute(f"ANALYZE {', '.join(_TABLES)}")
