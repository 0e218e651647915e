"""The JSON of orders, payments included, in a fixed number of statements."""

from collections.abc import Iterable
from typing import Any

from common.registry import order_payments
from orders.api.serializers.orders import OrderSerializer, PlacedOrderSerializer
from orders.models import Order

Body = dict[str, Any]


def order_body(order_id: int, *, access_token: str | None = None) -> Body:
    """One order as it is now; a guest's new order with its token."""
    order = Order.objects.with_body().get(pk=order_id)
    context = {"payments": payments_of([order]), "access_token": access_token}
    serializer = PlacedOrderSerializer if access_token else OrderSerializer
    return dict(serializer(order, context=context).data)


def payments_of(orders: Iterable[Order]) -> dict[int, list[Body]]:
    """The payments of each order by its id, from all who registered some."""
    ids = [order.pk for order in orders]
    payments: dict[int, list[Body]] = {order_id: [] for order_id in ids}
    for _, read in order_payments:
        for order_id, bodies in read(ids).items():
            payments[order_id] += bodies
    return payments
