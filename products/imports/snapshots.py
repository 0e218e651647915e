"""The SQL that says what a row of the catalogue is like, for batches to remember and for undos to compare."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Iterable

from products.imports.comparing import PRODUCT_COLUMNS
from products.imports.fetched import fetched_since


def _object(columns: Iterable[str]) -> str:
    pairs = ", ".join(f"'{column}', t.{column}" for column in columns)
    return f"jsonb_build_object({pairs})"


# All that an import writes of a new row. A description is remembered by its MD5: it is only ever compared, and
# would make the batch as large as the file.
_PRODUCT_COLUMNS = ("sku", *(column for column in PRODUCT_COLUMNS if column != "description"), "stock_quantity")
PRODUCT = f"{_object(_PRODUCT_COLUMNS)} || jsonb_build_object('description', md5(t.description))"
VARIATION = _object(("sku", "name", "value", "price_adjustment", "barcode", "is_active", "stock_quantity"))
CATEGORY = _object(("name", "slug", "parent_id", "description", "image"))


def links(product_id: str) -> str:
    """Return the SQL of a product's places in the tree, as {category: id of the link}."""
    return f"""coalesce((
        SELECT jsonb_object_agg(x.category_id, x.id) FROM products_product_categories x
        WHERE x.product_id = {product_id}
    ), '{{}}')"""


def pictures(product_id: str) -> str:
    """Return the SQL of a product's pictures, as a list of their rows."""
    return _pictures(f"x.product_id = {product_id}")


def pictures_since(product_id: str, after: str) -> str:
    """Return the same as it is now, for comparison with `after`: without what was fetched since."""
    return _pictures(f"x.product_id = {product_id} AND NOT {fetched_since(after)}")


def _pictures(condition: str) -> str:
    return f"""coalesce((
        SELECT jsonb_agg(to_jsonb(x) - 'product_id' ORDER BY x.id) FROM products_productimage x WHERE {condition}
    ), '[]')"""


def image_urls(product_id: str) -> str:
    """Return the SQL of the addresses that a product's pictures were wanted from, as a list."""
    return f"""coalesce((
        SELECT jsonb_agg(w.url ORDER BY w.url) FROM products_wantedpicture w WHERE w.product_id = {product_id}
    ), '[]')"""


def former_slugs(*slugs: str) -> str:
    """Return the SQL of the rows by which these slugs lead to products that had them, as a list."""
    return f"""coalesce((
        SELECT jsonb_agg(to_jsonb(x) ORDER BY x.id) FROM products_formerslug x WHERE x.slug IN ({", ".join(slugs)})
    ), '[]')"""
