"""What waits to be done in the shop."""

from django.db.models import F, QuerySet

from orders.models import Order
from products.models import Product

TO_SHIP = (Order.Status.CONFIRMED.value, Order.Status.PROCESSING.value)


def orders_to_ship() -> QuerySet[Order]:
    """Paid orders that are not sent yet, oldest first."""
    return Order.objects.filter(status__in=TO_SHIP).order_by("id")


def low_stock() -> QuerySet[Product]:
    """Products on offer at or below their threshold, lowest first."""
    low = Product.objects.filter(is_active=True, stock_quantity__lte=F("low_stock_threshold"))
    return low.order_by("stock_quantity", "id")
