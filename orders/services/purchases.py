"""Who has bought what, as far as reviews show it."""

from django.db import transaction

from common.locking import lock_rows
from common.outbox import Event
from orders.models import Order, OrderItem
from products.models import Product
from products.services import reviews


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
    sold = Product.objects.filter(pk__in=OrderItem.objects.filter(order=order).values("product"))
    reviewed = lock_rows(sold.filter(reviews__user=order.user_id))
    reviews.mark_verified(user_id=order.user_id, product_ids=[product.pk for product in reviewed])
