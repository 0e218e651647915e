"""ETags of products: what the listing's version says, and what of other rows a product's body shows."""

import hashlib
from functools import partial

from django.conf import settings
from django.utils.http import parse_etags
from rest_framework.request import Request

from common.api import conditional
from common.api.renderers import to_json
from products.models import Product, ProductListing
from products.services.products import Check

SHAPE = 2  # grows when the body of a product gets another shape


def product_etag(product: Product, *, staff: bool) -> str:
    """The strong ETag of a product's own page, for the public or for staff.

    The version covers the product's own rows; categories are renamed without touching their products, so their
    names count by themselves.
    """
    names = [[category.name, category.slug] for category in product.categories.all()]
    shown = to_json([SHAPE, settings.SHOP_CURRENCY, settings.MEDIA_URL, sorted(names)])
    digest = hashlib.blake2b(shown, digest_size=6).hexdigest()
    return f'"{product.id}-{product.listing.version}-{digest}-{"staff" if staff else "public"}"'


def hold_to_if_match(request: Request) -> Check:
    """The check that a product is still what the request's If-Match names, as the public or as staff see it."""
    return partial(_check_product, request)


def _check_product(request: Request, product: Product) -> None:
    # The lock was taken after the product may have been read, so its version is read anew.
    product.listing = ProductListing.objects.only("version").get(product_id=product.id)
    public, staff = product_etag(product, staff=False), product_etag(product, staff=True)
    offered = parse_etags(request.headers.get("If-Match", ""))
    conditional.check_if_match(request, public if public in offered else staff)


def content_etag(data: object) -> str:
    """The ETag that an answer with this body gets."""
    return f'"{hashlib.blake2b(to_json(data), digest_size=12).hexdigest()}"'
