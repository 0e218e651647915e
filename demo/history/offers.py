"""What the demo shop can sell, and how much of it is left while its history is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from random import Random

from products.models import Product, ProductVariation
from products.services.stock import StockKey

_KEPT = 3  # units that the history leaves of everything it sells


@dataclass(frozen=True)
class Offer:
    """A product or variation at today's price."""

    key: StockKey
    name: str
    sku: str
    variation_name: str | None
    price: Decimal
    unit_cost: Decimal | None
    tax_class: str


class Shelf:
    """Offers by product, a few of them far more popular than the rest."""

    def __init__(self, chance: Random) -> None:
        self._left: dict[StockKey, int] = {}
        self._by_product: list[list[Offer]] = []
        for offers, levels in _read_offers():
            self._by_product.append(offers)
            self._left.update(zip((offer.key for offer in offers), levels, strict=True))
        chance.shuffle(self._by_product)
        self._weights = list(accumulate(1 / (place + 5) ** 0.8 for place in range(len(self._by_product))))

    def pick(self, chance: Random) -> Offer:
        """Return an offer of which enough is left for a few pieces."""
        while True:
            offers: Sequence[Offer] = chance.choices(self._by_product, cum_weights=self._weights)[0]
            left = [offer for offer in offers if self._left[offer.key] >= _KEPT + 6]
            if left:
                return chance.choice(left)

    def take(self, offer: Offer, quantity: int) -> None:
        """Have less of it left."""
        self._left[offer.key] -= quantity


def _read_offers() -> list[tuple[list[Offer], list[int]]]:
    variations: dict[int, list[ProductVariation]] = {}
    for variation in ProductVariation.objects.order_by("id"):
        variations.setdefault(variation.product_id, []).append(variation)
    read = []
    for product in Product.objects.filter(is_active=True).defer("description").order_by("id"):
        own = variations.get(product.id, [])
        offers = [_offer(product, variation) for variation in own] or [_offer(product, None)]
        levels = [variation.stock_quantity for variation in own] or [product.stock_quantity]
        if max(levels) >= _KEPT + 6:
            read.append((offers, levels))
    return read


def _offer(product: Product, variation: ProductVariation | None) -> Offer:
    return Offer(
        key=StockKey(product.id, variation.id if variation else None),
        name=product.name,
        sku=variation.sku if variation else product.sku,
        variation_name=str(variation) if variation else None,
        price=product.price + (variation.price_adjustment if variation else 0),
        unit_cost=product.cost_price,
        tax_class=product.tax_class,
    )
