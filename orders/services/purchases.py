"""Who has bought what, as far as reviews show it."""

from django.db import transaction

from common.locking import lock_rows
from common.outbox import Event
from orders.models import Order, OrderItem
from products.models import Product, ProductReview


def has_bought(user_id: int, product_id: int) -> bool:
    """Whether the customer has paid an order with the product and did not cancel it."""
    bought = OrderItem.objects.filter(order__user=user_id, order__paid_at__isnull=False, product=product_id)
    return bought.exclude(order__status=Order.Status.CANCELLED).exists()


@transaction.atomic
def verify_reviews(event: Event) -> None:
    """An order is paid: what its customer wrote about its products is now by a verified buyer.

    Locks the products by id before the reviews, because a review's change is noted beside its product.
    """
    order = Order.objects.get(pk=event.payload["order_id"])
    if order.user_id is None:
        return
    sold = OrderItem.objects.filter(order=order).values("product")
    reviews = ProductReview.objects.filter(user=order.user_id, product__in=sold, is_verified_purchase=False)
    lock_rows(Product.objects.filter(pk__in=list(reviews.values_list("product", flat=True))))
    reviews.update(is_verified_purchase=True)
