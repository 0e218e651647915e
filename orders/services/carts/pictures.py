"""The picture that stands for each product of a cart."""

from collections.abc import Iterable

from products.models import ProductImage


def main_pictures(product_ids: Iterable[int]) -> dict[int, ProductImage]:
    """By product id, the featured picture, else the first by `order`; one statement, products without one missing."""
    pictures = ProductImage.objects.filter(product__in=set(product_ids))
    firsts = pictures.order_by("product", "-is_featured", "order", "id").distinct("product")
    return {picture.product_id: picture for picture in firsts}
