"""Named reads of products: who may see what, every filter, every order, and what a page needs at once."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.postgres.search import SearchRank
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, Value, When

from common.api.permissions import is_staff_with
from products.querysets.search import search_query

if TYPE_CHECKING:
    from products.models import Product  # noqa: F401

MOST_CANDIDATES = 10_001  # one more than lists count exactly, so that a bounded search is counted as an estimate

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


def _offered_in_stock() -> Exists:
    return Exists(_rows("ProductVariation").filter(product=OuterRef("pk"), is_active=True, stock_quantity__gt=0))


def _buyable() -> Q:
    """Own stock, or an active variation with stock; a product with variations has no stock of its own."""
    has_variations = Exists(_rows("ProductVariation").filter(product=OuterRef("pk")))
    return Q(stock_quantity__gt=0) & (Q(~has_variations) | Q(_offered_in_stock()))


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""

    def visible_to(self, user: Any) -> "ProductQuerySet":
        """Staff with `products.view_product` see everything, everybody else what is active."""
        return self if is_staff_with(user, "products.view_product") else self.active()

    def active(self) -> "ProductQuerySet":
        """What the shop offers."""
        return self.filter(is_active=True)

    def with_availability(self) -> "ProductQuerySet":
        """Adds `is_in_stock`: own stock, or any active variation with stock."""
        return self.annotate(is_in_stock=Case(When(_buyable(), then=Value(True)), default=Value(False)))

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
        return (
            self.with_availability()
            .select_related("listing")
            .defer("listing__vector", "listing__words")
            .prefetch_related(
                Prefetch("images", _rows("ProductImage").leading_first().with_renditions()),
                Prefetch("categories", _rows("Category").by_name()),
                Prefetch("variations", _rows("ProductVariation").order_by("id")),
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
        return self.filter(_buyable()) if wanted else self.exclude(_buyable())

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

    def matching(self, text: str) -> "ProductQuerySet":
        """Those whose SKU, name or description the text finds."""
        return self.filter(listing__vector=search_query(text))

    def ordered_by(self, ordering: str) -> "ProductQuerySet":
        """In one of the ORDERINGS, each of which ends in the primary key."""
        fields = ORDERINGS[ordering]
        # Every product has a listing; saying so makes the join an inner one, which the listing's indexes can lead.
        listed = self.filter(listing__isnull=False) if "listing__product_id" in fields[-1] else self
        return listed.order_by(*fields)

    def most_relevant_first(self, text: str) -> "ProductQuerySet":
        """What `matching(text)` found, the exact SKU first, then by rank; ranks a bounded number of candidates."""
        candidates = self.order_by().values("pk")[:MOST_CANDIDATES]
        return (
            self.model.objects.filter(pk__in=candidates)
            .annotate(
                relevance=SearchRank(F("listing__vector"), search_query(text)),
                is_sku=Case(When(sku__iexact=text.strip(), then=Value(1)), default=Value(0)),
            )
            .order_by("-is_sku", "-relevance", "-listing__popularity", "id")
        )
