"""The addresses of the analytics application, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from analytics.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("analytics/product-views/", views.ProductViewsView.as_view(), name="product-views"),
    path("analytics/summary/", views.SummaryView.as_view(), name="sales-summary"),
    path("analytics/sales/", views.SalesView.as_view(), name="sales"),
    path("analytics/top-products/", views.TopProductsView.as_view(), name="top-products"),
    path("analytics/top-categories/", views.TopCategoriesView.as_view(), name="top-categories"),
]
