"""Locks of payments and refunds, always behind the lock of their order (docs/decisions/locking.md)."""

from common.errors import NotFound
from common.locking import lock_row
from orders.models import Order
from orders.services import life
from payments.models import Payment, Refund


def lock_payment(*, payment_id: int) -> tuple[Order, Payment]:
    """The payment and its order as they are now, order locked first; raises NotFound."""
    order_id = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound
    order = life.lock_order(order_id=order_id)
    payment = lock_row(Payment.objects.filter(id=payment_id))
    payment.order = order
    return order, payment


def lock_refund(*, refund_id: int) -> tuple[Order, Payment, Refund]:
    """The refund with its payment and order as they are now, locked in that order's order; raises NotFound."""
    payment_id = Refund.objects.filter(id=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound
    order, payment = lock_payment(payment_id=payment_id)
    refund = lock_row(Refund.objects.filter(id=refund_id))
    refund.payment = payment
    return order, payment, refund
