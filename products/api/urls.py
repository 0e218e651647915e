"""The addresses of the products application, below /api/v1/."""

from typing import Any

from django.urls import URLPattern, URLResolver, path

from products.api.views.categories import CategoryTreeViewSet, CategoryViewSet
from products.api.views.discovery import FacetViewSet, SuggestionViewSet
from products.api.views.inventory import AdjustmentViewSet, LowStockViewSet, MovementViewSet, StockFeedViewSet
from products.api.views.parts import ImageViewSet, VariationViewSet
from products.api.views.prices import PastPriceViewSet
from products.api.views.products import ProductViewSet
from products.api.views.related import RelatedViewSet
from products.api.views.reviews import ProductReviewViewSet, ReviewViewSet
from products.api.views.stock_notices import ConfirmNoticeView, StockNoticeView, StopNoticesView

Actions = dict[str, Any]

READ: Actions = {"get": "list"}
READ_OR_ADD: Actions = {"get": "list", "post": "create"}
ONE: Actions = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
PART: Actions = {"patch": "partial_update", "delete": "destroy"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("products/", ProductViewSet.as_view(READ_OR_ADD), name="products"),
    path("products/facets/", FacetViewSet.as_view(READ), name="product-facets"),
    path("products/suggest/", SuggestionViewSet.as_view(READ), name="product-suggestions"),
    path("products/<slug:slug>/", ProductViewSet.as_view(ONE), name="product"),
    path("products/<slug:slug>/images/", ImageViewSet.as_view(READ_OR_ADD), name="product-images"),
    path("products/<slug:slug>/images/<int:pk>/", ImageViewSet.as_view(PART), name="product-image"),
    path("products/<slug:slug>/prices/", PastPriceViewSet.as_view(READ), name="product-prices"),
    path("products/<slug:slug>/variations/", VariationViewSet.as_view(READ_OR_ADD), name="product-variations"),
    path("products/<slug:slug>/variations/<int:pk>/", VariationViewSet.as_view(PART), name="product-variation"),
    path("products/<slug:slug>/related/", RelatedViewSet.as_view(READ), name="related-products"),
    path("products/<slug:slug>/reviews/", ProductReviewViewSet.as_view(READ_OR_ADD), name="product-reviews"),
    path("products/<slug:slug>/stock-notices/", StockNoticeView.as_view(), name="stock-notices"),
    path("categories/", CategoryViewSet.as_view(READ_OR_ADD), name="categories"),
    path("categories/tree/", CategoryTreeViewSet.as_view(READ), name="category-tree"),
    path("categories/<slug:slug>/", CategoryViewSet.as_view(ONE), name="category"),
    path("stock-notices/confirm/", ConfirmNoticeView.as_view(), name="stock-notice-confirm"),
    path("stock-notices/stop/", StopNoticesView.as_view(), name="stock-notices-stop"),
    path("reviews/", ReviewViewSet.as_view(READ), name="reviews"),
    path("reviews/<int:pk>/approve/", ReviewViewSet.as_view({"post": "approve"}), name="review-approve"),
    path("reviews/<int:pk>/reject/", ReviewViewSet.as_view({"post": "reject"}), name="review-reject"),
    path("inventory/low-stock/", LowStockViewSet.as_view(READ), name="low-stock"),
    path("inventory/movements/", MovementViewSet.as_view(READ), name="stock-movements"),
    path("inventory/feed/", StockFeedViewSet.as_view({"post": "create"}), name="stock-feed"),
    path("inventory/adjustments/", AdjustmentViewSet.as_view({"post": "create"}), name="stock-adjustments"),
]
