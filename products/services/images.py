"""Writes to products' pictures; at most one of a product is featured."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from common.errors import InvalidInput
from common.locking import lock_row
from products.models import Product, ProductImage
from products.services.pictures import clean_picture
from products.services.products import Check, any_state

MOST_IMAGES = 50


def add_image(
    *, product_id: int, content: bytes, fields: dict[str, Any] | None = None, check: Check = any_state
) -> ProductImage:
    """Store an uploaded picture, made safe, and add it to the product; a featured one takes the mark from the other.

    The file is written before the row, under a name that tells its content, so no row ever points to nothing.
    Raises InvalidInput for what is no picture or too large a one.
    """
    name, cleaned = clean_picture(content)
    with transaction.atomic():
        product = lock_row(Product.objects.filter(id=product_id))
        check(product)
        if product.images.count() >= MOST_IMAGES:
            raise InvalidInput.of("image", "too_many_images", f"A product has at most {MOST_IMAGES} pictures.")
        stored = store_picture(f"products/{name}", cleaned)
        fields = fields or {}
        if fields.get("is_featured"):
            _unmark_featured(product_id)
        return ProductImage.objects.create(product=product, image=stored, **fields)


def update_image(
    *,
    product_id: int,
    image_id: int,
    fields: dict[str, Any],
    content: bytes | None = None,
    check: Check = any_state,
) -> ProductImage:
    """Change a picture's text, place or mark, or put another picture in its place.

    The picture is decoded before anything is locked, since that takes long. Raises NotFound for a picture of another
    product, InvalidInput for what is no picture.
    """
    picture = None if content is None else clean_picture(content)
    with transaction.atomic():
        check(lock_row(Product.objects.filter(id=product_id)))
        image = lock_row(ProductImage.objects.filter(id=image_id, product_id=product_id))
        if fields.get("is_featured") and not image.is_featured:
            _unmark_featured(product_id)
        if picture is not None:
            stored, cleaned = picture
            fields = {**fields, "image": store_picture(f"products/{stored}", cleaned)}
        for name, value in fields.items():
            setattr(image, name, value)
        if fields:
            image.save(update_fields=list(fields))
        return image


@transaction.atomic
def remove_image(*, product_id: int, image_id: int, check: Check = any_state) -> None:
    """Take a picture from a product; the file stays, since other products may show the same one."""
    check(lock_row(Product.objects.filter(id=product_id)))
    lock_row(ProductImage.objects.filter(id=image_id, product_id=product_id)).delete()


def store_picture(name: str, content: bytes) -> str:
    """Write the file unless it is there, since its name tells its content; returns the name."""
    if default_storage.exists(name):
        return name
    return default_storage.save(name, ContentFile(content))


def _unmark_featured(product_id: int) -> None:
    ProductImage.objects.filter(product_id=product_id, is_featured=True).update(is_featured=False)
