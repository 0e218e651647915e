"""The order side's tables: carts, coupons, tax rates, and orders with their lines and events."""

from orders.models.cart import Cart, CartItem
from orders.models.coupon import Coupon, CouponUse
from orders.models.order import Order
from orders.models.order_event import OrderEvent
from orders.models.order_item import OrderItem
from orders.models.tax import TaxRate

__all__ = ["Cart", "CartItem", "Coupon", "CouponUse", "Order", "OrderEvent", "OrderItem", "TaxRate"]
