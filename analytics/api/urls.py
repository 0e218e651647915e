"""The addresses of the analytics application, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from analytics.api import tables, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("analytics/product-views/", views.ProductViewsView.as_view(), name="product-views"),
    path("analytics/summary/", views.SummaryView.as_view(), name="sales-summary"),
    path("analytics/sales/", views.SalesView.as_view(), name="sales"),
    path("analytics/customers/", views.CustomersView.as_view(), name="customers"),
    path("analytics/top-products/", tables.TopProductsView.as_view(), name="top-products"),
    path("analytics/worst-products/", tables.WorstProductsView.as_view(), name="worst-products"),
    path("analytics/top-categories/", tables.TopCategoriesView.as_view(), name="top-categories"),
    path("analytics/top-coupons/", tables.TopCouponsView.as_view(), name="top-coupons"),
    path("analytics/top-countries/", tables.TopCountriesView.as_view(), name="top-countries"),
    path("analytics/abandoned-carts/", tables.AbandonedCartsView.as_view(), name="abandoned-carts"),
    path("analytics/stock-cover/", tables.StockCoverView.as_view(), name="stock-cover"),
    path("analytics/dead-stock/", tables.DeadStockView.as_view(), name="dead-stock"),
]
