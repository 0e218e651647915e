"""Carts in the admin site, to look at."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin, ReadOnlyInline
from orders.models import Cart, CartItem


class CartItemInline(ReadOnlyInline):
    """What is in the cart."""

    model = CartItem
    fields = ("product", "variation", "quantity", "price_seen")
    readonly_fields = fields


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """Carts of users and guests; a guest's token is kept as a hash only and is not shown."""

    list_display = ("id", "owner", "state", "units", "coupon", "updated_at", "created_at")
    list_filter = ("is_active", ("updated_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("user__email", "order__order_number", "items__product__sku")
    list_select_related = ("user", "coupon", "order")
    fields = ("user", "is_active", "coupon", "created_at", "updated_at")
    inlines = (CartItemInline,)
    ordering = ("-id",)
    list_per_page = 50
    readonly_fields: ClassVar = ("created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cart]:
        carts: QuerySet[Cart] = super().get_queryset(request)
        return carts.annotate(unit_count=Sum("items__quantity"))

    @display(description="Owner", ordering="user__email")
    def owner(self, cart: Cart) -> str:
        return cart.user.email if cart.user else "Guest"

    @display(description="State", label={"Active": "success", "Ordered": "info", "Merged": "warning"})
    def state(self, cart: Cart) -> str:
        if cart.is_active:
            return "Active"
        return "Ordered" if hasattr(cart, "order") else "Merged"

    @display(description="Units", ordering="unit_count")
    def units(self, cart: Any) -> int:
        return cart.unit_count or 0


@admin.register(CartItem)
class CartItemAdmin(ReadOnlyAdmin):
    """Lines of all carts."""

    list_display = ("cart", "product", "variation", "quantity", "price_seen")
    search_fields = ("product__name", "product__sku", "cart__user__email")
    list_select_related = ("cart", "product", "variation")
    ordering = ("-id",)
