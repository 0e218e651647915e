"""The statements of the reference: each page is one, whose JSON PostgreSQL makes.

They are prepared once per connection. What a page shows of a product is put together for the rows of the page only.
Rows that Python makes JSON of, by orjson, cost as much processor time in all, and more of it in the web server.
"""

COUNT_UP_TO = 10_000
PAGE_SIZE = 24

_MOMENT = """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_PICTURE = """
json_build_object('url', '/media/' || i.image, 'alt_text', i.alt_text, {more} 'width', f.width, 'height', f.height,
    'renditions', coalesce(replace(f.renditions::text, '"name": "', '"url": "/media/')::json, '[]'))
"""
_ITEM = f"""
'id', p.id, 'slug', p.slug, 'name', p.name, 'sku', p.sku, 'price', p.price::text,
'compare_price', p.compare_price::text, 'currency', 'USD', 'in_stock', l.is_in_stock,
'rating_average', l.rating_average::text, 'rating_count', l.rating_count,
'image', (
    SELECT {_PICTURE.format(more="")}
    FROM products_productimage i LEFT JOIN products_picturefile f ON f.name = i.image
    WHERE i.product_id = p.id ORDER BY i.is_featured DESC, i."order", i.id LIMIT 1),
'categories', coalesce((
    SELECT json_agg(json_build_object('id', c.id, 'name', c.name, 'slug', c.slug) ORDER BY c.name, c.id)
    FROM products_product_categories m JOIN products_category c ON c.id = m.category_id
    WHERE m.product_id = p.id), '[]'),
'created_at', {_MOMENT.format("p.created_at")}, 'updated_at', {_MOMENT.format("p.updated_at")}
"""


def _page(page: str, *, order: str) -> str:
    """The JSON of the products that `page` (id, and what they are ordered by) names."""
    return f"""
    SELECT coalesce(json_agg(json_build_object({_ITEM}) ORDER BY {order}), '[]')::text
    FROM ({page}) page JOIN products_product p ON p.id = page.id JOIN products_productlisting l ON l.product_id = p.id
    """


_LIST = f"""
SELECT id, created_at FROM products_product WHERE is_active
ORDER BY created_at DESC, id DESC LIMIT {PAGE_SIZE} OFFSET $1
"""
# The category and what is below it; the planner chooses between walking the newest and collecting the members.
_BRANCH = """
WITH RECURSIVE branch(id) AS (
    SELECT id FROM products_category WHERE slug = $1
    UNION SELECT c.id FROM products_category c JOIN branch b ON c.parent_id = b.id
)
SELECT array_agg(id) FROM branch
"""
_IN_CATEGORY = "is_active AND id IN (SELECT product_id FROM products_product_categories WHERE category_id = ANY($1))"
_LISTCAT = f"""
SELECT id, created_at FROM products_product WHERE {_IN_CATEGORY}
ORDER BY created_at DESC, id DESC LIMIT {PAGE_SIZE} OFFSET $2
"""
# As the shop has it: the words, the SKU as it stands, or the last word as a beginning; an exact code or name first.
_SEARCH = f"""
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('products_text', $1) || phraseto_tsquery('simple', $1)
        || (websearch_to_tsquery('products_text', $2) && to_tsquery('products_text', $3)) AS query,
        lower(unaccent($1)) AS folded
),
code AS MATERIALIZED (
    SELECT id FROM products_product WHERE upper(sku) = upper($1)
    UNION SELECT product_id FROM products_productvariation WHERE upper(sku) = upper($1)
    UNION SELECT id FROM products_product WHERE barcode = $1 AND barcode <> ''
    UNION SELECT product_id FROM products_productvariation WHERE barcode = $1 AND barcode <> ''
),
hit AS MATERIALIZED (
    SELECT product_id AS id FROM asked a, products_productlisting WHERE vector @@ a.query
    UNION SELECT id FROM code
),
found AS MATERIALIZED (
    SELECT p.id, l.popularity, l.words = a.folded AS is_named, p.id IN (SELECT id FROM code) AS is_coded,
        ts_rank(l.vector, a.query) * (1.0 + 0.1 * ln(l.popularity + 1))
            * CASE WHEN l.is_in_stock THEN 1.0 ELSE 0.6 END AS relevance
    FROM asked a, hit JOIN products_productlisting l ON l.product_id = hit.id JOIN products_product p ON p.id = hit.id
    WHERE p.is_active
),
page AS (
    SELECT id, row_number() OVER (
        ORDER BY is_coded DESC, is_named DESC, relevance DESC, popularity DESC, id) AS place
    FROM found ORDER BY place LIMIT {PAGE_SIZE} OFFSET $4
)
SELECT (SELECT count(*) FROM found), (
    {_page("SELECT id, place FROM page", order="page.place")}
)
"""
_DETAIL = f"""
SELECT json_build_object({_ITEM},
    'lowest_price_30_days', products_lowest_price_before_reduction(p.id, NULL)::text,
    'is_discontinued', p.is_discontinued, 'description', p.description, 'weight', p.weight::text,
    'images', coalesce((
        SELECT json_agg({_PICTURE.format(more="'is_featured', i.is_featured, 'order', i.order,")}
            ORDER BY i.is_featured DESC, i."order", i.id)
        FROM products_productimage i LEFT JOIN products_picturefile f ON f.name = i.image
        WHERE i.product_id = p.id), '[]'),
    'variations', coalesce((
        SELECT json_agg(json_build_object('id', v.id, 'name', v.name, 'value', v.value, 'sku', v.sku,
            'price', (p.price + v.price_adjustment)::text, 'in_stock', v.stock_quantity > 0,
            'lowest_price_30_days', products_lowest_price_before_reduction(p.id, v.id)::text) ORDER BY v.id)
        FROM products_productvariation v WHERE v.product_id = p.id AND v.is_active), '[]'))::text
FROM products_product p JOIN products_productlisting l ON l.product_id = p.id
WHERE p.is_active AND p.slug = $1
"""


def _bounded_count(condition: str) -> str:
    return f"SELECT count(*) FROM (SELECT FROM products_product WHERE {condition} LIMIT {COUNT_UP_TO + 1}) s"


PREPARE = f"""
PREPARE branch (text) AS {_BRANCH};
PREPARE list (int) AS SELECT ({_bounded_count("is_active")}), ({_page(_LIST, order="p.created_at DESC, p.id DESC")});
PREPARE listcat (bigint[], int) AS
SELECT ({_bounded_count(_IN_CATEGORY)}), ({_page(_LISTCAT, order="p.created_at DESC, p.id DESC")});
PREPARE search (text, text, text, int) AS {_SEARCH};
PREPARE detail (text) AS {_DETAIL};
"""
BRANCH = "EXECUTE branch (%s)"
LIST = "EXECUTE list (%s)"
LISTCAT = "EXECUTE listcat (%s, %s)"
SEARCH = "EXECUTE search (%s, %s, %s, %s)"
DETAIL = "EXECUTE detail (%s)"
EXPLAIN_LIST = "EXPLAIN (FORMAT JSON) SELECT id FROM products_product WHERE is_active"
EXPLAIN_LISTCAT = f"EXPLAIN (FORMAT JSON) SELECT id FROM products_product WHERE {_IN_CATEGORY.replace('$1', '%s')}"
