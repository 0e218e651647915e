"""The order side's tables: carts, coupons, tax rates, and orders with their lines, events and invoices."""

from orders.models.cart import Cart, CartItem
from orders.models.coupon import Coupon, CouponUse
from orders.models.invoice import Invoice, InvoiceCounter
from orders.models.order import Order
from orders.models.order_event import OrderEvent
from orders.models.order_item import OrderItem
from orders.models.tax import TaxRate

__all__ = [
    "Cart",
    "CartItem",
    "Coupon",
    "CouponUse",
    "Invoice",
    "InvoiceCounter",
    "Order",
    "OrderEvent",
    "OrderItem",
    "TaxRate",
]
