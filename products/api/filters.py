"""The filters of the catalogue's lists; invalid values are refused by the forms behind them."""

from typing import Any

from django import forms
from django.core.validators import EMPTY_VALUES
from django_filters import rest_framework as filters

from common.api.filters import MomentFilter
from products.api.fields import CategoryBranchField, OptionsField, StrictBooleanField
from products.models import ProductReview, StockMovement
from products.querysets.found import RELEVANCE, FoundProducts
from products.querysets.products import ORDERINGS
from products.querysets.search import MOST_CHARACTERS


class _BooleanFilter(filters.Filter):
    field_class = StrictBooleanField


class _CategoryBranchFilter(filters.Filter):
    field_class = CategoryBranchField


class _OptionsFilter(filters.Filter):
    field_class = OptionsField


class ProductFilterForm(forms.Form):
    """What no field can say alone: relevance needs something to be relevant to."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("ordering") == RELEVANCE and not cleaned.get("q"):
            self.add_error("ordering", forms.ValidationError("Relevance needs a search, `q`.", code="needs_search"))
        return cleaned


class ProductFilter(filters.FilterSet):
    """The filters of product lists and of their facets."""

    category = _CategoryBranchFilter(
        method="apply", label="Slug of a category; what is in its subcategories counts.", max_length=120
    )
    q = filters.CharFilter(method="keep", label="Words, a beginning of the last, or a SKU.", max_length=MOST_CHARACTERS)
    min_price = filters.NumberFilter(method="apply", min_value=0, max_digits=10, decimal_places=2)
    max_price = filters.NumberFilter(method="apply", min_value=0, max_digits=10, decimal_places=2)
    in_stock = _BooleanFilter(method="apply", label="Whether it can be bought now.")
    min_rating = filters.NumberFilter(method="apply", min_value=0, max_value=5, max_digits=3, decimal_places=2)
    option = _OptionsFilter(
        method="apply",
        label="An option such as `Size:Medium`; repeat it for more: values of one option are alternatives.",
    )
    updated_after = MomentFilter(method="apply", label="Changed after this time.")
    ordering = filters.ChoiceFilter(
        method="keep", choices=[(name, name) for name in (RELEVANCE, *ORDERINGS)], label="The order of the list."
    )

    class Meta:
        form = ProductFilterForm

    def apply(self, queryset: Any, name: str, value: Any) -> Any:
        """Narrow by the read that stands for the parameter."""
        return {
            "category": lambda branch: queryset.in_categories(branch.ids),
            "min_price": queryset.priced_from,
            "max_price": queryset.priced_to,
            "in_stock": queryset.in_stock,
            "min_rating": queryset.rated_from,
            "updated_after": queryset.updated_after,
            "option": lambda options: _with_options(queryset, options),
        }[name](value)

    def keep(self, queryset: Any, name: str, value: Any) -> Any:
        """The search and the order come after all filters."""
        return queryset

    def filter_queryset(self, queryset: Any) -> Any:
        """What the parameters find, as a `FoundProducts`: counted, ordered and cut when it is asked for."""
        asked = {name: value for name, value in self.form.cleaned_data.items() if value not in EMPTY_VALUES}
        text, ordering = asked.pop("q", ""), asked.pop("ordering", "")
        return FoundProducts(
            visible=queryset, narrowed=super().filter_queryset(queryset), filters=asked, text=text, ordering=ordering
        )


def _with_options(queryset: Any, options: dict[str, list[str]]) -> Any:
    for name, values in options.items():
        queryset = queryset.with_option(name, values)
    return queryset


class CategoryFilter(filters.FilterSet):
    """The filter of the list of categories."""

    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gt", label="Changed after.")


class ReviewFilter(filters.FilterSet):
    """The filters of the list of reviews that everybody may read."""

    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gt", label="Changed after.")


class StaffReviewFilter(ReviewFilter):
    """The filters of the list of all reviews."""

    STATUSES = ("waiting", "approved", "rejected")

    status = filters.ChoiceFilter(
        method="with_status", choices=[(name, name) for name in STATUSES], label="Where moderation stands."
    )
    product = filters.CharFilter(field_name="product__slug", max_length=280, label="Slug of the product.")

    class Meta:
        model = ProductReview
        fields = ("rating",)

    def with_status(self, queryset: Any, name: str, value: str) -> Any:
        """Narrow by the read that stands for the status."""
        return {"waiting": queryset.waiting, "approved": queryset.approved, "rejected": queryset.rejected}[value]()


class StockMovementFilter(filters.FilterSet):
    """The filters of the ledger of stock."""

    product = filters.NumberFilter(field_name="product_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    variation = filters.NumberFilter(field_name="variation_id", decimal_places=0, min_value=1, max_value=2**63 - 1)

    class Meta:
        model = StockMovement
        fields = ("reason", "order_number")
