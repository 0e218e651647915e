"""Writes to products' pictures; at most one of a product is featured."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from common.errors import InvalidInput
from common.locking import lock_row
from products.models import PictureFile, Product, ProductImage
from products.services.pictures import clean_picture
from products.services.products import Check, any_state

MOST_IMAGES = 50


def add_image(
    *, product_id: int, kept: str, fields: dict[str, Any] | None = None, check: Check = any_state
) -> ProductImage:
    """Add a kept picture to the product, by its name; a featured one takes the mark from the other.

    The file was written before the row, so no row ever points to nothing. Raises InvalidInput for one too many.
    """
    with transaction.atomic():
        product = lock_row(Product.objects.filter(id=product_id))
        check(product)
        if product.images.count() >= MOST_IMAGES:
            raise InvalidInput.of("image", "too_many_images", f"A product has at most {MOST_IMAGES} pictures.")
        fields = fields or {}
        if fields.get("is_featured"):
            _unmark_featured(product_id)
        return ProductImage.objects.create(product=product, image=kept, **fields)


def update_image(
    *,
    product_id: int,
    image_id: int,
    fields: dict[str, Any],
    kept: str | None = None,
    check: Check = any_state,
) -> ProductImage:
    """Change a picture's text, place or mark, or put another kept picture in its place.

    Raises NotFound for a picture of another product.
    """
    with transaction.atomic():
        check(lock_row(Product.objects.filter(id=product_id)))
        image = lock_row(ProductImage.objects.filter(id=image_id, product_id=product_id))
        if fields.get("is_featured") and not image.is_featured:
            _unmark_featured(product_id)
        if kept is not None:
            fields = {**fields, "image": kept}
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


def keep_picture(content: bytes) -> str:
    """Store a product's picture, made safe, and return its name; to be called before any transaction.

    Whoever stores one says so first, so that no sweep takes the file before a row points to it. Raises InvalidInput
    for what is no picture or too large a one.
    """
    name, cleaned = clean_picture(content)
    name = f"products/{name}"
    PictureFile.objects.update_or_create(name=name, defaults={"wanted_at": timezone.now()})
    return store_picture(name, cleaned)


def store_picture(name: str, content: bytes) -> str:
    """Write the file, over itself if it is there, as its name tells its content; returns the name."""
    return default_storage.save(name, ContentFile(content))


def _unmark_featured(product_id: int) -> None:
    ProductImage.objects.filter(product_id=product_id, is_featured=True).update(is_featured=False)
