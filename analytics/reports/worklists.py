"""What waits to be done in the shop."""

from django.db.models import F, QuerySet

from orders.models import Order
from products.models import Product, ProductReview

TO_SHIP = (Order.Status.CONFIRMED.value, Order.Status.PROCESSING.value)


def orders_to_ship() -> QuerySet[Order]:
    """Paid orders that are not sent yet, oldest first."""
    return Order.objects.filter(status__in=TO_SHIP).order_by("id")


def low_stock() -> QuerySet[Product]:
    """Products on offer and not discontinued of which some are left, at or below their threshold; lowest first."""
    low = Product.objects.to_be_reordered().filter(stock_quantity__gt=0, stock_quantity__lte=F("low_stock_threshold"))
    return low.order_by("stock_quantity", "id")


def sold_out() -> QuerySet[Product]:
    """Products on offer and not discontinued of which nothing is left."""
    return Product.objects.to_be_reordered().filter(stock_quantity=0).order_by("id")


def reviews_to_approve() -> QuerySet[ProductReview]:
    """Reviews that nobody approved or rejected yet, oldest first."""
    return ProductReview.objects.waiting().order_by("id")
