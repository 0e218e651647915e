"""Gives products the pictures that the file names: files into storage first, then the rows that point to them."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from common.imports.blocks import read_blocks
from products.imports.fetched import FETCHED, NAMES_ADDRESSES
from products.imports.image_files import ImageFiles, without_metadata

_TO_STORE = """
    r.kind = 'product' AND r.refusal_code IS NULL AND r.images IS NOT NULL
    AND (r.action = 'create' OR r.action = 'update' AND jsonb_exists(r.changes, 'images'))
"""
_CHANGED = """
    r.kind = 'product' AND r.refusal_code IS NULL AND r.images IS NOT NULL
    AND (r.action = 'create' AND r.target_id IS NOT NULL OR r.action = 'update' AND jsonb_exists(r.changes, 'images'))
"""
_WANTED = """
    SELECT r.target_id AS product_id, e.image ->> 'name' AS name, e.image ->> 'alt' AS alt, e.place
    FROM import_row r CROSS JOIN LATERAL jsonb_array_elements(r.images) WITH ORDINALITY AS e (image, place)
"""

# The featured mark leaves its old place before it comes to the new one: only one row of a product may carry it.
_MERGE = f"""
UPDATE products_productimage p SET is_featured = false
FROM import_row r
WHERE {_CHANGED} AND p.product_id = r.target_id AND p.is_featured
    AND p.image IS DISTINCT FROM r.images -> 0 ->> 'name';

DELETE FROM products_productimage x
USING import_row r
WHERE {_CHANGED} AND x.product_id = r.target_id AND (NOT {NAMES_ADDRESSES} OR NOT {FETCHED})
    AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(r.images) AS e (image) WHERE e.image ->> 'name' = x.image);

UPDATE products_productimage p SET alt_text = w.alt, "order" = w.place, is_featured = w.place = 1
FROM ({_WANTED} WHERE {_CHANGED}) w
WHERE p.product_id = w.product_id AND p.image = w.name
    AND (p.alt_text, p."order", p.is_featured) IS DISTINCT FROM (w.alt, w.place::int, w.place = 1);

INSERT INTO products_productimage (product_id, image, alt_text, is_featured, "order")
SELECT w.product_id, w.name, w.alt, w.place = 1, w.place
FROM ({_WANTED} WHERE {_CHANGED}) w
WHERE NOT EXISTS (
    SELECT 1 FROM products_productimage p WHERE p.product_id = w.product_id AND p.image = w.name
)
ORDER BY w.product_id, w.place;
"""


def store_pictures(*, images: ImageFiles | None) -> None:
    """Store the new pictures of rows that will change; before any product is locked, as storage may be slow.

    A file's name tells its content, so one that is there already is not written again, and an import that dies
    leaves at worst a file that nothing points to.
    """
    for block in read_blocks("r.images", _TO_STORE):
        for _, pictures in block:
            for picture in pictures:
                _store(picture["file"], picture["name"], images)


def merge_pictures() -> None:
    """Make the products' lists of pictures what the file says; needs the files to be stored."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGE)


def _store(file: str, name: str, images: ImageFiles | None) -> None:
    if file == name or default_storage.exists(name):
        return
    content = images.read(file) if images else None
    if content is None:
        raise FileNotFoundError(f"the picture {file} vanished while the import was running")
    default_storage.save(name, ContentFile(without_metadata(content)))
