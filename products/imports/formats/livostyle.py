"""Livostyle's open catalogue: one row per product, tags and a Google category path, pictures by address only."""

from collections.abc import Collection, Mapping, Sequence

from products.imports.formats.format import Format, NativeRow, SourceRow
from products.imports.formats.livostyle_tree import category_paths
from products.imports.lists import join_items, join_paths

# The file tells whether a product is in stock, not how much: a new product opens with this many units.
OPENING_STOCK = 10

_COLUMNS = frozenset(
    {
        *("id", "handle", "title", "url", "product_type", "category_full_path", "tags", "description"),
        *(
            "price_min_usd",
            "price_max_usd",
            "in_stock_any",
            "variant_count",
            "image_count",
            "featured_image_url",
        ),
        *("review_count", "review_rating", "created_at", "updated_at"),
    }
)
_SOURCE_COLUMNS = {
    "sku": "id",
    "name": "title",
    "slug": "handle",
    "description": "description",
    "price": "price_min_usd",
    "stock_quantity": "in_stock_any",
    "categories": "category_full_path",
    "images": "handle",
    "image_alt_texts": "title",
}


def _stated(header: Collection[str]) -> frozenset[str]:
    return frozenset(native for native, source in _SOURCE_COLUMNS.items() if source in header)


def _to_native(rows: Sequence[SourceRow]) -> list[NativeRow]:
    return [NativeRow(row.line, _native_cells(row.cells), stock_is_assumed=True) for row in rows]


def _native_cells(row: Mapping[str, str]) -> dict[str, str]:
    native = {native: row[source] for native, source in _SOURCE_COLUMNS.items() if source in row}
    if "in_stock_any" in row:
        native["stock_quantity"] = str(OPENING_STOCK) if row["in_stock_any"].casefold() == "true" else "0"
    if "handle" in row:
        native["images"] = join_items([f"{row['handle']}.jpg"])
    if "title" in row:
        native["image_alt_texts"] = join_items([row["title"]])
    if "category_full_path" in row:
        native["categories"] = join_paths(
            category_paths(
                full_path=row["category_full_path"],
                product_type=row.get("product_type", ""),
                tags=row.get("tags", "").split("|"),
            )
        )
    return native


LIVOSTYLE = Format(
    name="livostyle",
    columns=_COLUMNS,
    telling_columns=(frozenset({"id", "handle", "title", "category_full_path", "price_min_usd"}),),
    stated_columns=_stated,
    to_native=_to_native,
    source_columns=_SOURCE_COLUMNS,
    images_may_be_missing=True,
)
