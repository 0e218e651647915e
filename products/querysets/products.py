"""Named reads of products: who may see what, every filter, every order, and what a page needs at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.postgres.search import SearchRank, TrigramSimilarity
from django.db import models
from django.db.models import Case, F, FloatField, Prefetch, Q, Value, When
from django.db.models.functions import Ln, Round

from common.api.permissions import is_staff_with
from products.querysets.prices import lowest_price_before_reduction
from products.querysets.search import Search

if TYPE_CHECKING:
    from products.models import Product  # noqa: F401

SOLD_OUT_COUNTS = 0.6

ORDERINGS: dict[str, Sequence[str]] = {
    "newest": ("-created_at", "-id"),
    "price": ("price", "id"),
    "-price": ("-price", "-id"),
    "name": ("name", "id"),
    "-rating": ("-listing__rating_average", "-listing__product_id"),
    "popularity": ("-listing__popularity", "-listing__product_id"),
}


def _rows(model_name: str) -> Any:
    """All rows of another model of the catalogue, which is defined only after this module."""
    return apps.get_model("products", model_name)._default_manager.all()  # noqa: SLF001 - Django's public name for it


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""

    def visible_to(self, user: Any) -> "ProductQuerySet":
        """Staff with `products.view_product` see everything, everybody else what is active."""
        return self if is_staff_with(user, "products.view_product") else self.active()

    def active(self) -> "ProductQuerySet":
        """What the shop offers."""
        return self.filter(is_active=True)

    def to_be_reordered(self) -> "ProductQuerySet":
        """What the shop offers and will go on offering: staff hear when it runs low."""
        return self.active().filter(is_discontinued=False)

    def due(self, moment: datetime) -> "ProductQuerySet":
        """Those that the schedule offers or takes off at this moment, or should have earlier."""
        return self.filter(Q(publish_at__lte=moment) | Q(unpublish_at__lte=moment))

    def with_availability(self) -> "ProductQuerySet":
        """Adds `is_in_stock`: own stock, or any active variation with stock, as the listing says."""
        return self.annotate(is_in_stock=F("listing__is_in_stock"))

    def with_lowest_price(self) -> "ProductQuerySet":
        """Adds `lowest_price` of the 30 days before the price was reduced; null where it was not."""
        return self.annotate(lowest_price=lowest_price_before_reduction("id"))

    def for_list(self) -> "ProductQuerySet":
        """With all that an item of a list shows, in three statements; images hold the one that leads."""
        pictures = _rows("ProductImage").with_renditions()
        leading = pictures.order_by("product", "-is_featured", "order", "id").distinct("product")
        return (
            self.with_availability()
            .select_related("listing")
            .defer("description", "listing__vector", "listing__words")
            .prefetch_related(Prefetch("images", leading), Prefetch("categories", _rows("Category").by_name()))
        )

    def for_detail(self) -> "ProductQuerySet":
        """With all that a product's own page shows, in four statements."""
        variations = _rows("ProductVariation").annotate(lowest_price=lowest_price_before_reduction("product_id", "id"))
        return (
            self.with_availability()
            .with_lowest_price()
            .select_related("listing")
            .defer("listing__vector", "listing__words")
            .prefetch_related(
                Prefetch("images", _rows("ProductImage").leading_first().with_renditions()),
                Prefetch("categories", _rows("Category").by_name()),
                Prefetch("variations", variations.order_by("id")),
            )
        )

    def in_categories(self, category_ids: Collection[int]) -> "ProductQuerySet":
        """Those that are in any of the categories."""
        membership = _rows("ProductCategory").filter(category__in=category_ids)
        return self.filter(id__in=membership.values("product"))

    def priced_from(self, price: Decimal) -> "ProductQuerySet":
        """Those that cost so much or more."""
        return self.filter(price__gte=price)

    def priced_to(self, price: Decimal) -> "ProductQuerySet":
        """Those that cost so much or less."""
        return self.filter(price__lte=price)

    def in_stock(self, wanted: bool) -> "ProductQuerySet":
        """Those that can be bought now, or those that cannot."""
        return self.filter(listing__is_in_stock=wanted)

    def rated_from(self, rating: Decimal) -> "ProductQuerySet":
        """Those whose approved reviews average so much or more."""
        return self.filter(listing__rating_average__gte=rating)

    def with_option(self, name: str, values: Collection[str]) -> "ProductQuerySet":
        """Those that are offered in any of the values of an option, such as Size: Medium or Large."""
        offered = _rows("ProductVariation").filter(is_active=True, name=name, value__in=values)
        return self.filter(id__in=offered.values("product"))

    def updated_after(self, moment: object) -> "ProductQuerySet":
        """Those that changed after the moment."""
        return self.filter(updated_at__gt=moment)

    def matching(self, search: Search) -> "ProductQuerySet":
        """Those whose name, description or code the search finds."""
        found = Q(listing__vector=search.query) if search.query else Q()
        # Named by the listing's own key, so that one table's indexes answer both sides of the OR.
        return self.filter(found | Q(listing__product_id__in=search.product_ids) if search.product_ids else found)

    def ordered_by(self, ordering: str) -> "ProductQuerySet":
        """In one of the ORDERINGS, each of which ends in the primary key."""
        fields = ORDERINGS[ordering]
        # Every product has a listing; saying so makes the join an inner one, which the listing's indexes can lead.
        listed = self.filter(listing__isnull=False) if "listing__product_id" in fields[-1] else self
        return listed.order_by(*fields)

    def from_newest_on(self, product_id: int) -> "ProductQuerySet":
        """Of those in order `newest`, the product and what comes behind it."""
        there = "SELECT at.created_at, at.id FROM products_product at WHERE at.id = %s"
        return self.extra(  # type: ignore[return-value]  # noqa: S610 - constants; the id is a parameter
            where=[f"(products_product.created_at, products_product.id) <= ({there})"], params=[product_id]
        )

    def best_sellers_first(self) -> "ProductQuerySet":
        """What is in stock first, then by popularity: an order that an index walks, however many there are."""
        return self.order_by("-listing__is_in_stock", "-listing__popularity", "-listing__product_id")

    def most_relevant_first(self, search: Search) -> "ProductQuerySet":
        """What `matching(search)` found: an exact code, then the exact name, then by rank.

        Popularity raises the rank (a thousand units sold by two thirds), being sold out lowers it. Every match is
        ranked, so the caller sees to it that they are at most bounded.
        """
        rank: Any = SearchRank(F("listing__vector"), search.query) if search.query else Value(1.0)
        sold = Value(1.0) + Value(0.1) * Ln(F("listing__popularity") + Value(1), output_field=FloatField())
        offered = Case(When(listing__is_in_stock=True, then=Value(1.0)), default=Value(SOLD_OUT_COUNTS))
        named = Case(When(listing__words=search.folded, then=Value(1)), default=Value(0))
        coded = Case(When(id__in=search.codes, then=Value(1)), default=Value(0)) if search.codes else Value(0)
        return self.annotate(
            likeness=Round(TrigramSimilarity("listing__words", search.folded), precision=1)
            if search.by_likeness
            else Value(0.0),
            is_coded=coded,
            is_named=named,
            relevance=rank * sold * offered,
        ).order_by("-is_coded", "-is_named", "-likeness", "-relevance", "-listing__popularity", "id")
