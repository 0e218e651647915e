"""The JSON of products, made once per product and version by their serializers, and kept."""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from rest_framework.serializers import BaseSerializer

from common.api.renderers import to_json
from common.kept import Made, get_kept, keep
from products.api.serializers.products import (
    ProductDetailSerializer,
    ProductSerializer,
    StaffProductDetailSerializer,
    StaffProductSerializer,
)
from products.models import Product
from products.querysets.pages import ShownProduct
from products.querysets.products import ProductQuerySet

SHORTEST_SECONDS, LONGEST_SECONDS = 60, 24 * 3600
SHAPE = 3  # grows when what the serializers make of the same rows changes


@dataclass(frozen=True)
class Body:
    """One of the bodies that a product has: its name, who makes it, and the rows that takes."""

    name: str
    serializer: BaseSerializer[Any]
    with_rows: Callable[[ProductQuerySet], ProductQuerySet]

    def of(self, product: Product) -> bytes:
        """Its JSON; the product has the rows. The one serializer serves all, for making its fields costs most."""
        return to_json(self.serializer.to_representation(product))

    def keys_of(self, shown: Iterable[ShownProduct]) -> list[str]:
        """What the body of each product in its state is kept by."""
        kind = f"{_namespace(*_shop())}{self.name}:"
        return [f"{kind}{each.id}:{each.version}:{each.categories}" for each in shown]


PUBLIC_ITEM = Body("item", ProductSerializer(), ProductQuerySet.for_list)
STAFF_ITEM = Body("staff-item", StaffProductSerializer(), ProductQuerySet.for_list)
PUBLIC_PAGE = Body("page", ProductDetailSerializer(), ProductQuerySet.for_detail)
STAFF_PAGE = Body("staff-page", StaffProductDetailSerializer(), ProductQuerySet.for_detail)


def bodies_of(body: Body, shown: Sequence[ShownProduct]) -> list[bytes]:
    """The JSON of each product, in their order, at least as new as shown; one that is gone by now is left out."""
    keys = body.keys_of(shown)
    kept = get_kept(keys)
    if len(kept) == len(keys):
        return [kept[key] for key in keys]
    made = make_bodies(body, [each.id for each, key in zip(shown, keys, strict=True) if key not in kept])
    found = [kept.get(key) or made.get(each.id) for each, key in zip(shown, keys, strict=True)]
    return [each for each in found if each is not None]


def make_bodies(body: Body, product_ids: Sequence[int]) -> dict[int, bytes]:
    """The JSON of the products as they are now, by id; kept by the state that they were read in.

    The listing, whose version is part of the key, is read first: whatever is written while the rest is read makes it
    grow, so a body may be newer than its key says for a moment, but never older.
    """
    products = list(body.with_rows(Product.objects.filter(id__in=product_ids)))
    shown = [state_of(product) for product in products]
    made = [
        Made(key, body.of(product), _seconds_of(each))
        for product, each, key in zip(products, shown, body.keys_of(shown), strict=True)
    ]
    keep(made)
    return {product.id: each.value for product, each in zip(products, made, strict=True)}


def _seconds_of(shown: ShownProduct) -> int:
    """How long the cache keeps the body: as long again as this version has lasted.

    What sells by the second has another version, and another body, each second; nobody asks for those of before.
    """
    lasted = time.time() - shown.version / 1_000_000  # a version is a time in microseconds
    return int(min(max(lasted, SHORTEST_SECONDS), LONGEST_SECONDS))


def state_of(product: Product) -> ShownProduct:
    """The state that the product was read in; its listing and categories are at hand."""
    return ShownProduct(product.id, product.listing.version, sum(each.version for each in product.categories.all()))


def product_etag(shown: ShownProduct, *, staff: bool) -> str:
    """The strong ETag of a product's own page, for the public or for staff."""
    kind = "staff" if staff else "public"
    return f'"{shown.id}-{shown.version}-{shown.categories}-{_namespace(*_shop())}{kind}"'


def _shop() -> tuple[str, str, str]:
    return settings.SHOP_CURRENCY, settings.MEDIA_URL, str(settings.DATABASES["default"]["NAME"])


@lru_cache(maxsize=16)
def _namespace(*shop: str) -> str:
    """What else a body depends on, which only settings and releases change."""
    return hashlib.blake2b(to_json([SHAPE, *shop]), digest_size=6).hexdigest() + ":"
