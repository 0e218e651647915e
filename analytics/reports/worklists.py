"""What waits to be done in the shop."""

from datetime import timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from orders.models import Order
from payments.models import Dispute, Payment, Refund
from products.models import Product, ProductReview

FAILED_LATELY = timedelta(days=30)
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


def payments_to_look_at() -> QuerySet[Payment]:
    """Payments whose gateway did not answer, and bank transfers to be booked, oldest first."""
    return Payment.objects.to_look_at().order_by("id")


def failed_refunds() -> QuerySet[Refund]:
    """Refunds that were made lately and failed."""
    since = timezone.now() - FAILED_LATELY
    return Refund.objects.filter(status=Refund.Status.FAILED, created_at__gte=since).order_by("id")


def open_disputes() -> QuerySet[Dispute]:
    """Disputes whose end the gateway has not told."""
    return Dispute.objects.filter(closed_at=None).order_by("id")
