"""The JSON of orders, payments included, in a fixed number of statements."""

from collections.abc import Iterable
from typing import Any

from common.api.shapes import represent
from common.registry import order_payments
from orders.api.serializers.orders import OrderSerializer, PlacedOrderSerializer
from orders.models import Order
from orders.services.checkout import Placed

Body = dict[str, Any]


def order_body(order_id: int) -> Body:
    """One order as it is now."""
    order = Order.objects.with_body().get(pk=order_id)
    return represent(OrderSerializer, order, payments=payments_of([order]))


def placed_order_body(placed: Placed) -> Body:
    """An order as it was placed just now, a guest's with its token; reads nothing, as all of it is known.

    Nobody can have paid an order that nobody has heard of yet.
    """
    order = placed.order
    known = {"items": placed.items, "events": placed.events}
    order._prefetched_objects_cache = known  # type: ignore[attr-defined]  # noqa: SLF001 - where Django keeps what is read
    if placed.access_token is None:
        return represent(OrderSerializer, order, payments={})
    return represent(PlacedOrderSerializer, order, payments={}, access_token=placed.access_token)


def payments_of(orders: Iterable[Order]) -> dict[int, list[Body]]:
    """The payments of each order by its id, from all who registered some."""
    ids = [order.pk for order in orders]
    payments: dict[int, list[Body]] = {order_id: [] for order_id in ids}
    for _, read in order_payments:
        for order_id, bodies in read(ids).items():
            payments[order_id] += bodies
    return payments
