"""Shopify's product export: a product is all rows of one handle, of which the first tells what all share.

Its columns: https://help.shopify.com/en/manual/products/import-export/using-csv, as of 2025 and as before.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from django.utils.text import slugify

from common.imports.errors import Refusal
from products.imports.formats.cells import RowCells, picture_address
from products.imports.formats.format import Format, NativeRow, NotNative, ProductKey, SourceRow
from products.imports.formats.html_text import plain_text
from products.imports.formats.offers import (
    ASSUMED_STOCK,
    BETWEEN_OPTIONS,
    Offer,
    Stock,
    made_sku,
    product_alone,
    product_by_variation,
)
from products.imports.lists import join_items, join_paths
from products.models.category import RESERVED_SLUGS

_NEWER_NAMES = {
    "url_handle": "handle",
    "description": "body_(html)",
    "published_on_online_store": "published",
    "sku": "variant_sku",
    "barcode": "variant_barcode",
    "price": "variant_price",
    "compare-at_price": "variant_compare_at_price",
    "inventory_tracker": "variant_inventory_tracker",
    "inventory_quantity": "variant_inventory_qty",
    "weight_value_(grams)": "variant_grams",
    "product_image_url": "image_src",
}
# Native column to the columns that it is made of, the one to name in reports first.
_MADE_OF = {
    "sku": ("variant_sku", "handle"),
    "name": ("title",),
    "slug": ("handle",),
    "description": ("body_(html)",),
    "price": ("variant_price",),
    "compare_price": ("variant_compare_at_price",),
    "cost_price": ("cost_per_item",),
    "stock_quantity": ("variant_inventory_qty",),
    "weight": ("variant_grams",),
    "is_active": ("status", "published"),
    "categories": ("product_category", "type"),
    "images": ("image_src",),
    "image_alt_texts": ("image_alt_text",),
    "parent_sku": ("handle",),
    "option_name": ("option1_name",),
    "option_value": ("option1_value",),
    "price_adjustment": ("variant_price",),
    "barcode": ("variant_barcode",),
}
_OPTIONS = ("option1", "option2", "option3")
_OPTION_COLUMNS = tuple(f"{option}_{part}" for option in _OPTIONS for part in ("name", "value"))
# A row with any of these is a variant; one without only adds a picture.
_OF_VARIANTS = (*(f"{option}_value" for option in _OPTIONS), "variant_sku", "variant_price")
_WITHOUT_OPTIONS = "default title"
_OFFERED_BY_STATUS = {"active": True, "draft": False, "archived": False, "unlisted": False}
_GRAM = Decimal("0.001")
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,280}")


def _stated(header: Collection[str]) -> frozenset[str]:
    return frozenset(native for native, sources in _MADE_OF.items() if not set(sources).isdisjoint(header))


def _product_key(cells: Mapping[str, str]) -> ProductKey:
    return ProductKey(cells.get("handle", "").strip().casefold())


def _to_native(rows: Sequence[SourceRow]) -> list[NativeRow]:
    refusals: list[Refusal] = []
    cells = [RowCells(row, refusals) for row in rows]
    head = next((each for each in cells if each.text("title")), cells[0])
    if not head.text("handle"):
        head.require("handle")
    handle = head.text("handle").casefold()
    variants = [each for each in cells if any(each.text(column) for column in _OF_VARIANTS)] or [head]
    shared = _shared_cells(head, cells)
    if len(variants) == 1 and not any(_options(variants[0]).values()):
        offer = _offer(variants[0], sku=variants[0].code("variant_sku") or made_sku(handle))
        native = product_alone(line=head.line, cells=shared, offer=offer)
    else:
        names = {option: _option_name(option, [head, *cells]) for option in _OPTIONS}
        offers = [_variation(each, handle, names) for each in variants]
        native = product_by_variation(line=head.line, cells={**shared, "sku": made_sku(handle)}, offers=offers)
    if refusals:
        raise NotNative(refusals)
    return native


def _shared_cells(head: RowCells, rows: Sequence[RowCells]) -> dict[str, str]:
    category, product_type = head.text("product_category"), head.text("type")
    path = [level.strip() for level in category.split(">")] if category else [product_type] if product_type else []
    pictures = _pictures(rows)
    return {
        "name": head.text("title"),
        "slug": _slug(head.text("handle")),
        "description": plain_text(head.text("body_(html)")),
        "is_active": _is_active(head),
        "categories": join_paths([path] if path else []),
        "images": join_items(pictures),
        "image_alt_texts": join_items(pictures.values()),
    }


def _slug(handle: str) -> str:
    """Handles may have letters of any script, addresses here may not."""
    slug = handle if _SLUG.fullmatch(handle) else slugify(handle)
    return "" if slug in RESERVED_SLUGS else slug


def _is_active(head: RowCells) -> str:
    status = head.text("status").casefold()
    published = head.boolean("published")
    if status and status not in _OFFERED_BY_STATUS:
        head.refuse("status", "unknown_status", "none of active, draft, archived, unlisted")
    if not status and published is None:
        return ""
    return "true" if _OFFERED_BY_STATUS.get(status, True) and published is not False else "false"


def _pictures(rows: Sequence[RowCells]) -> dict[str, str]:
    """Return the text of each picture by its address, in the order of their positions."""
    named = [(each, picture_address(each.text("image_src"))) for each in rows]
    placed = sorted((each.count("image_position") or 0, place) for place, (each, name) in enumerate(named) if name)
    pictures: dict[str, str] = {}
    for _, place in placed:
        each, name = named[place]
        pictures.setdefault(name, each.text("image_alt_text"))
    return pictures


def _options(row: RowCells) -> dict[str, str]:
    values = {option: row.text(f"{option}_value") for option in _OPTIONS}
    return {option: "" if value.casefold() == _WITHOUT_OPTIONS else value for option, value in values.items()}


def _option_name(option: str, rows: Sequence[RowCells]) -> str:
    return next((name for each in rows if (name := each.text(f"{option}_name"))), "")


def _variation(row: RowCells, handle: str, names: Mapping[str, str]) -> Offer:
    values = _options(row)
    used = [option for option in _OPTIONS if names[option] or values[option]] or ["option1"]
    for option in used:
        if not names[option]:
            row.require(f"{option}_name")
        if not values[option]:
            row.require(f"{option}_value")
    return _offer(
        row,
        sku=row.code("variant_sku") or made_sku(handle, *(values[option] for option in used)),
        option_name=BETWEEN_OPTIONS.join(names[option] for option in used),
        option_value=BETWEEN_OPTIONS.join(values[option] for option in used),
    )


def _offer(row: RowCells, *, sku: str, option_name: str = "", option_value: str = "") -> Offer:
    if row.states("variant_price") and not row.code("variant_price"):
        row.require("variant_price")
    return Offer(
        line=row.line,
        sku=sku,
        price=row.amount("variant_price"),
        compare_price=row.amount("variant_compare_at_price") or None,
        cost_price=row.amount("cost_per_item"),
        weight=row.kilograms("variant_grams", unit=_GRAM),
        stock=_stock(row),
        barcode=row.code("variant_barcode"),
        option_name=option_name,
        option_value=option_value,
    )


def _stock(row: RowCells) -> Stock:
    if row.states("variant_inventory_tracker") and not row.text("variant_inventory_tracker"):
        return Stock(ASSUMED_STOCK, is_assumed=True)
    return Stock(row.count("variant_inventory_qty") or 0)


SHOPIFY = Format(
    name="shopify",
    columns=frozenset({column for sources in _MADE_OF.values() for column in sources})
    | {*_OPTION_COLUMNS, "variant_inventory_tracker", "image_position"},
    telling_columns=(frozenset({"handle", "title"}), frozenset({"handle", "option1_value"})),
    stated_columns=_stated,
    to_native=_to_native,
    product_key=_product_key,
    other_names=_NEWER_NAMES,
    source_columns={native: sources[0] for native, sources in _MADE_OF.items()},
    ignores_unknown_columns=True,
    images_may_be_missing=True,
)
