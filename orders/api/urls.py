"""The addresses of the orders application, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from orders.api.views.cart import CartCouponView, CartItemsView, CartItemView, CartMergeView, CartView
from orders.api.views.checkout import CheckoutView, QuoteView
from orders.api.views.coupons import CouponViewSet, TaxRateViewSet
from orders.api.views.invoices import InvoicesView, InvoiceView
from orders.api.views.moves import CancelView, DeliverView, ProcessView, ShipView
from orders.api.views.orders import OrderViewSet

router = SimpleRouter()
router.register("coupons", CouponViewSet, basename="coupon")
router.register("tax-rates", TaxRateViewSet, basename="tax-rate")

ORDER = "orders/<str:order_number>/"

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("cart/", CartView.as_view(), name="cart"),
    path("cart/items/", CartItemsView.as_view(), name="cart-items"),
    path("cart/items/<int:item_id>/", CartItemView.as_view(), name="cart-item"),
    path("cart/coupon/", CartCouponView.as_view(), name="cart-coupon"),
    path("cart/merge/", CartMergeView.as_view(), name="cart-merge"),
    path("checkout/", CheckoutView.as_view(), name="checkout"),
    path("checkout/quote/", QuoteView.as_view(), name="checkout-quote"),
    path("orders/", OrderViewSet.as_view({"get": "list"}, detail=False), name="orders"),
    path(ORDER, OrderViewSet.as_view({"get": "retrieve"}, detail=True), name="order"),
    path(f"{ORDER}explain/", OrderViewSet.as_view({"get": "explain"}, detail=True), name="order-explain"),
    path(f"{ORDER}invoices/", InvoicesView.as_view(), name="order-invoices"),
    path(f"{ORDER}invoices/<str:number>/", InvoiceView.as_view(), name="order-invoice"),
    path(f"{ORDER}cancel/", CancelView.as_view(), name="order-cancel"),
    path(f"{ORDER}process/", ProcessView.as_view(), name="order-process"),
    path(f"{ORDER}ship/", ShipView.as_view(), name="order-ship"),
    path(f"{ORDER}deliver/", DeliverView.as_view(), name="order-deliver"),
]
