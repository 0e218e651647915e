"""Pictures that a file names by address: noted in the import's transaction, fetched by a worker after it.

An address that a product has once is not noted again, whatever became of it, so the same file again changes nothing.
One whose picture came with the file counts as fetched, so that a later import without those files does not fetch it.
"""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db import connection

_KNOWN = "SELECT FROM products_wantedpicture w WHERE w.product_id = r.target_id AND w.url = e.picture ->> 'url'"

_COMPARE = f"""
UPDATE import_row r SET changes = r.changes || jsonb_build_object('image_urls', jsonb_build_array('[]'::jsonb, d.new))
FROM (
    SELECT r.id, jsonb_agg(e.picture -> 'url' ORDER BY e.picture -> 'place') AS new
    FROM import_row r CROSS JOIN LATERAL jsonb_array_elements(r.image_urls) AS e (picture)
    WHERE r.kind = 'product' AND r.action = 'update' AND r.refusal_code IS NULL AND NOT EXISTS ({_KNOWN})
        AND (e.picture ->> 'is_here' = 'false' OR r.changes ? 'images')
    GROUP BY r.id
) d
WHERE d.id = r.id
"""

_WANT = """
INSERT INTO products_wantedpicture (product_id, url, alt_text, place, state, fetched_at)
SELECT r.target_id, e.picture ->> 'url', left(coalesce(e.picture ->> 'alt', p.name), 255),
    (e.picture ->> 'place')::integer, CASE e.picture ->> 'is_here' WHEN 'true' THEN 'done' ELSE 'waiting' END,
    CASE e.picture ->> 'is_here' WHEN 'true' THEN now() END
FROM import_row r
JOIN products_product p ON p.id = r.target_id
CROSS JOIN LATERAL jsonb_array_elements(r.image_urls) AS e (picture)
WHERE r.kind = 'product' AND r.refusal_code IS NULL
    AND (r.action = 'create' OR r.action = 'update' AND r.changes ? 'image_urls')
ORDER BY r.target_id, (e.picture ->> 'place')::integer
ON CONFLICT (product_id, url) DO NOTHING
"""


def compare_wanted() -> None:
    """Note in the staging table which addresses of each row are new to its product."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE)


def want_pictures() -> None:
    """Order the pictures at new addresses; needs the rows' products to be there."""
    with connection.cursor() as cursor:
        cursor.execute(_WANT)
