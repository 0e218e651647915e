"""Writes the catalogue in the native format, block by block; importing it again changes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from products.imports.formats.native import COLUMNS, protected
from products.imports.lists import CategoryPath, join_items, join_paths
from products.models import Category, Product, ProductCategory, ProductImage, ProductVariation

BLOCK_ROWS = 500


def export_rows() -> Iterator[dict[str, str]]:
    """Yield the rows of the file by column: each product, in the order of creation, and after it its variations.

    Pictures are named as storage names them; stock stands where it is kept, at the product or at its variations.
    """
    paths = _category_paths()
    last = 0
    while block := list(Product.objects.filter(id__gt=last).order_by("id")[:BLOCK_ROWS]):
        ids = [product.id for product in block]
        variations = _variations_by_product(ids)
        images = _images_by_product(ids)
        categories = _paths_by_product(ids, paths)
        for product in block:
            own = variations.get(product.id, [])
            yield _row(
                {
                    **_product_cells(product, sells_by_variation=bool(own)),
                    "categories": join_paths(sorted(categories.get(product.id, []))),
                    "images": join_items(str(image.image) for image in images.get(product.id, [])),
                    "image_alt_texts": join_items(image.alt_text for image in images.get(product.id, [])),
                }
            )
            yield from (_row(_variation_cells(variation, product)) for variation in own)
        last = ids[-1]


def _row(cells: dict[str, str]) -> dict[str, str]:
    return protected({column: cells.get(column, "") for column in COLUMNS})


def _product_cells(product: Product, *, sells_by_variation: bool) -> dict[str, str]:
    return {
        "sku": product.sku,
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "price": _amount(product.price),
        "compare_price": _amount(product.compare_price),
        "cost_price": _amount(product.cost_price),
        "stock_quantity": "" if sells_by_variation else str(product.stock_quantity),
        "low_stock_threshold": str(product.low_stock_threshold),
        "weight": _amount(product.weight),
        "is_active": "true" if product.is_active else "false",
        "tax_class": product.tax_class,
        "barcode": product.barcode,
    }


def _variation_cells(variation: ProductVariation, product: Product) -> dict[str, str]:
    return {
        "sku": variation.sku,
        "parent_sku": product.sku,
        "stock_quantity": str(variation.stock_quantity),
        "option_name": variation.name,
        "option_value": variation.value,
        "price_adjustment": _amount(variation.price_adjustment),
        "barcode": variation.barcode,
    }


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"


def _category_paths() -> dict[int, CategoryPath]:
    rows = {each.id: each for each in Category.objects.only("id", "name", "parent_id")}

    def path(category: Category) -> CategoryPath:
        above = path(rows[category.parent_id]) if category.parent_id else ()
        return (*above, category.name)

    return {category_id: path(category) for category_id, category in rows.items()}


def _paths_by_product(ids: Iterable[int], paths: dict[int, CategoryPath]) -> dict[int, set[CategoryPath]]:
    by_product: dict[int, set[CategoryPath]] = defaultdict(set)
    for link in ProductCategory.objects.filter(product_id__in=ids):
        if link.category_id in paths:
            by_product[link.product_id].add(paths[link.category_id])
    return by_product


def _images_by_product(ids: Iterable[int]) -> dict[int, list[ProductImage]]:
    by_product: dict[int, list[ProductImage]] = defaultdict(list)
    for image in ProductImage.objects.filter(product_id__in=ids).order_by("-is_featured", "order", "id"):
        by_product[image.product_id].append(image)
    return by_product


def _variations_by_product(ids: Iterable[int]) -> dict[int, list[ProductVariation]]:
    by_product: dict[int, list[ProductVariation]] = defaultdict(list)
    for variation in ProductVariation.objects.filter(product_id__in=ids).order_by("id"):
        by_product[variation.product_id].append(variation)
    return by_product
