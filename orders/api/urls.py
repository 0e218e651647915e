"""The addresses of the orders application, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from orders.api.views.cart import CartCouponView, CartItemsView, CartItemView, CartMergeView, CartView
from orders.api.views.checkout import CheckoutView, QuoteView
from orders.api.views.moves import OrderMoveViewSet
from orders.api.views.orders import OrderViewSet

ORDER = "orders/<str:order_number>/"


def _move(name: str) -> URLPattern:
    return path(f"{ORDER}{name}/", OrderMoveViewSet.as_view({"post": name}, detail=True), name=f"order-{name}")


urlpatterns: list[URLPattern | URLResolver] = [
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
    *(_move(name) for name in ("cancel", "process", "ship", "deliver")),
]
