"""The catalogue's invariants that no constraint can say, for `check_integrity`."""

from django.db import connection

from common.registry import IntegrityCheck, integrity_checks

STOCK_OF_PRODUCTS = """
SELECT p.id, p.stock_quantity, coalesce(m.moved, 0) AS moved
FROM products_product p
LEFT JOIN (SELECT product_id, sum(delta) AS moved FROM products_stockmovement GROUP BY product_id) m
    ON m.product_id = p.id
WHERE p.stock_quantity <> coalesce(m.moved, 0)
"""
STOCK_OF_VARIATIONS = """
SELECT v.id, v.stock_quantity, coalesce(m.moved, 0) AS moved
FROM products_productvariation v
LEFT JOIN (
    SELECT variation_id, sum(delta) AS moved FROM products_stockmovement
    WHERE variation_id IS NOT NULL GROUP BY variation_id
) m ON m.variation_id = v.id
WHERE v.stock_quantity <> coalesce(m.moved, 0)
"""
MOVEMENT_OF_ANOTHER_PRODUCT = """
SELECT m.id, m.product_id, m.variation_id
FROM products_stockmovement m JOIN products_productvariation v ON v.id = m.variation_id
WHERE v.product_id <> m.product_id
"""
SUM_OF_VARIATIONS = """
SELECT p.id, p.stock_quantity, v.total
FROM products_product p
JOIN (SELECT product_id, sum(stock_quantity) AS total FROM products_productvariation GROUP BY product_id) v
    ON v.product_id = p.id
WHERE p.stock_quantity <> v.total
"""
NOTICE_OF_ANOTHER_PRODUCT = """
SELECT n.id, n.product_id, n.variation_id
FROM products_stocknotice n JOIN products_productvariation v ON v.id = n.variation_id
WHERE v.product_id <> n.product_id
"""
LISTING = """
SELECT p.id, l.rating_average, r.average, l.rating_count, r.count, l.product_id IS NOT NULL AS listed
FROM products_product p
LEFT JOIN products_productlisting l ON l.product_id = p.id
LEFT JOIN (
    SELECT product_id, round(avg(rating), 2) AS average, count(*) AS count
    FROM products_productreview WHERE is_approved GROUP BY product_id
) r ON r.product_id = p.id
WHERE l.product_id IS NULL
    OR (l.rating_average, l.rating_count) IS DISTINCT FROM (coalesce(r.average, 0), coalesce(r.count, 0))
    OR l.vector IS DISTINCT FROM products_listing_vector(p.sku, p.name, p.description)
    OR l.words <> lower(unaccent(p.name))
    OR l.is_in_stock <> products_is_in_stock(p.id, p.stock_quantity)
"""
SEARCH_WORDS = """
SELECT l.product_id AS id, n.word
FROM products_productlisting l CROSS JOIN LATERAL products_words_of(l.words) AS n(word)
WHERE NOT EXISTS (SELECT FROM products_searchword w WHERE w.word = n.word AND w.keys = products_typo_keys(n.word))
"""
CATEGORY_CYCLES = """
WITH RECURSIVE reached(id) AS (
    SELECT id FROM products_category WHERE parent_id IS NULL
    UNION
    SELECT c.id FROM products_category c JOIN reached r ON c.parent_id = r.id
)
SELECT c.id, c.slug, c.parent_id FROM products_category c WHERE c.id NOT IN (SELECT id FROM reached)
"""
FEATURED_IMAGES = """
SELECT product_id AS id, count(*) AS featured
FROM products_productimage WHERE is_featured GROUP BY product_id HAVING count(*) > 1
"""
VARIATION_PRICES = """
SELECT v.id, p.price, v.price_adjustment
FROM products_productvariation v JOIN products_product p ON p.id = v.product_id
WHERE p.price + v.price_adjustment < 0
"""
# A pause between two periods would be a time without a price, an overlap a time with two.
PAST_PRICES = """
SELECT id, product_id, variation_id, from_at, ended FROM (
    SELECT p.*, lag(p.to_at) OVER (PARTITION BY p.product_id, p.variation_id ORDER BY p.to_at) AS ended
    FROM products_pastprice p
) p
WHERE ended IS NOT NULL AND from_at IS DISTINCT FROM ended
    OR p.variation_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM products_productvariation v WHERE v.id = p.variation_id AND v.product_id = p.product_id
    )
"""
SCHEDULE = """
SELECT id, slug, is_active, publish_at, unpublish_at FROM products_product
WHERE least(publish_at, unpublish_at) < now() - interval '15 minutes'
"""
PICTURE_FILES = """
SELECT i.id, i.image FROM products_productimage i
WHERE i.image <> '' AND NOT EXISTS (SELECT FROM products_picturefile f WHERE f.name = i.image)
"""
NOTE_PICTURE_FILES = """
INSERT INTO products_picturefile (name) SELECT DISTINCT image FROM products_productimage WHERE image <> ''
ON CONFLICT (name) DO NOTHING
"""
FETCHED_PICTURES = """
SELECT w.id, w.product_id, i.product_id AS picture_of
FROM products_wantedpicture w JOIN products_productimage i ON i.id = w.picture_id
WHERE i.product_id <> w.product_id
"""
RELIST = """
INSERT INTO products_productlisting (product_id, vector, words, is_in_stock)
SELECT p.id, products_listing_vector(p.sku, p.name, p.description), lower(unaccent(p.name)),
    products_is_in_stock(p.id, p.stock_quantity)
FROM products_product p
ON CONFLICT (product_id) DO NOTHING;

UPDATE products_productlisting l
SET version = products_next_version(l.version),
    vector = products_listing_vector(p.sku, p.name, p.description),
    words = lower(unaccent(p.name)),
    is_in_stock = products_is_in_stock(p.id, p.stock_quantity),
    rating_average = coalesce(r.average, 0),
    rating_count = coalesce(r.count, 0)
FROM products_product p
LEFT JOIN (
    SELECT product_id, round(avg(rating), 2) AS average, count(*)::int AS count
    FROM products_productreview WHERE is_approved GROUP BY product_id
) r ON r.product_id = p.id
WHERE p.id = l.product_id
    AND (l.vector, l.words, l.is_in_stock, l.rating_average, l.rating_count) IS DISTINCT FROM (
        products_listing_vector(p.sku, p.name, p.description), lower(unaccent(p.name)),
        products_is_in_stock(p.id, p.stock_quantity), coalesce(r.average, 0), coalesce(r.count, 0)
    );
"""
RELEARN = """
DELETE FROM products_searchword w
WHERE EXISTS (SELECT FROM products_searchword o WHERE o.word = w.word AND o.id < w.id)
    OR w.keys <> products_typo_keys(w.word)
    OR NOT EXISTS (SELECT FROM products_productlisting l WHERE l.words LIKE '%' || w.word || '%');
SELECT products_learn_words(words) FROM products_productlisting;
"""


def relist() -> None:
    """Make the listings again from what they are derived of; those that are right stay untouched."""
    with connection.cursor() as cursor:
        cursor.execute(RELIST)


def relearn() -> None:
    """Forget words that stand twice or in no name, and learn those that are missing."""
    with connection.cursor() as cursor:
        cursor.execute(RELEARN)


def note_picture_files() -> None:
    """Order the renditions of pictures whose files nobody noted."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_PICTURE_FILES)


CHECKS = {
    "stock_of_products": IntegrityCheck("Stock of a product equals its movements", STOCK_OF_PRODUCTS),
    "stock_of_variations": IntegrityCheck("Stock of a variation equals its movements", STOCK_OF_VARIATIONS),
    "movements": IntegrityCheck("A movement's variation is of its product", MOVEMENT_OF_ANOTHER_PRODUCT),
    "stock_notices": IntegrityCheck("A stock notice's variation is of its product", NOTICE_OF_ANOTHER_PRODUCT),
    "sum_of_variations": IntegrityCheck("Stock of a product equals the sum of its variations", SUM_OF_VARIATIONS),
    "listing": IntegrityCheck("A product's listing says its words, stock and approved reviews", LISTING, fix=relist),
    "search_words": IntegrityCheck("Every word of a name is known to the search", SEARCH_WORDS, fix=relearn),
    "category_cycles": IntegrityCheck("Every category leads up to a root", CATEGORY_CYCLES),
    "featured_images": IntegrityCheck("A product has at most one featured image", FEATURED_IMAGES),
    "past_prices": IntegrityCheck("Past prices follow each other without a gap", PAST_PRICES),
    "schedule": IntegrityCheck("What was due a while ago is offered, or off the shop", SCHEDULE),
    "picture_files": IntegrityCheck("A picture's file is known", PICTURE_FILES, fix=note_picture_files),
    "fetched_pictures": IntegrityCheck("A fetched picture is of the product that wanted it", FETCHED_PICTURES),
    "variation_prices": IntegrityCheck("No variation costs less than nothing", VARIATION_PRICES),
}


def register() -> None:
    """Contribute the checks; called once the application is ready."""
    for name, check in CHECKS.items():
        integrity_checks.register(f"products.{name}", check)
