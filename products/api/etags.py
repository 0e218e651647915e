"""Conditional writes of products and categories: what an If-Match is held to."""

import hashlib
from functools import partial

from django.utils.http import parse_etags
from rest_framework.request import Request

from common.api import conditional
from common.api.renderers import to_json
from products.api.bodies import product_etag, state_of
from products.models import Product, ProductListing
from products.services.products import Check


def hold_to_if_match(request: Request) -> Check:
    """The check that a product is still what the request's If-Match names, as the public or as staff see it."""
    return partial(_check_product, request)


def _check_product(request: Request, product: Product) -> None:
    # The lock was taken after the product may have been read, so its version is read anew.
    product.listing = ProductListing.objects.only("version").get(product_id=product.id)
    public, staff = (product_etag(state_of(product), staff=each) for each in (False, True))
    offered = parse_etags(request.headers.get("If-Match", ""))
    conditional.check_if_match(request, public if public in offered else staff)


def content_etag(data: object) -> str:
    """The ETag that an answer with this body gets."""
    return f'"{hashlib.blake2b(to_json(data), digest_size=12).hexdigest()}"'
