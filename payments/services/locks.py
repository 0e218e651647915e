"""Locks of payments and refunds, always behind the lock of their order (docs/decisions/locking.md)."""

from common.errors import NotFound
from common.locking import lock_by_id, lock_row, lock_where
from orders.models import Order
from payments.models import Payment, Refund

# A payment never changes its order.
_ORDER_OF_PAYMENT = "id = (SELECT order_id FROM payments_payment WHERE id = %s)"


def lock_payment(*, payment_id: int) -> tuple[Order, Payment]:
    """The payment and its order as they are now, order locked first; raises NotFound."""
    orders = lock_where(Order, _ORDER_OF_PAYMENT, [payment_id])
    if not orders:
        raise NotFound
    payment = lock_by_id(Payment, payment_id)
    payment.order = orders[0]
    return orders[0], payment


def lock_refund(*, refund_id: int) -> tuple[Order, Payment, Refund]:
    """The refund with its payment and order as they are now, locked in that order's order; raises NotFound."""
    payment_id = Refund.objects.filter(id=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound
    order, payment = lock_payment(payment_id=payment_id)
    refund = lock_row(Refund.objects.filter(id=refund_id))
    refund.payment = payment
    return order, payment, refund
