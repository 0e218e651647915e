"""Giving an order's goods back to stock, each unit at most once."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import F

from authentication.models import User
from common.errors import InvalidInput
from orders.models import Order, OrderItem
from products.models import StockMovement
from products.services import stock
from products.services.stock import StockKey


def restock(
    *, order: Order, quantities: Mapping[int, int], reason: StockMovement.Reason, actor: User | None = None
) -> None:
    """Give units of a locked order's lines back to stock: `quantities` by order line id.

    What a line has given back is counted on the line, so no unit returns twice, whoever asks. Raises InvalidInput for
    a line of another order or for more than a line still has out.
    """
    wanted = {item_id: quantity for item_id, quantity in quantities.items() if quantity}
    units: Counter[StockKey] = Counter()
    for item in OrderItem.objects.filter(order=order, id__in=list(wanted)):
        _count_on_line(item, wanted.pop(item.id))
        if item.product_id is not None:
            units[StockKey(item.product_id, item.variation_id)] += quantities[item.id]
    if wanted:
        raise InvalidInput.of("items", "unknown_item", f"Not a line of this order: {min(wanted)}.")
    stock.give_back(units=units, order_number=order.order_number, reason=reason, actor=actor)


def restock_rest(*, order: Order, reason: StockMovement.Reason, actor: User | None = None) -> None:
    """Give back whatever a locked order has not given back yet."""
    rest = {item.id: item.quantity - item.restocked_quantity for item in OrderItem.objects.filter(order=order)}
    restock(order=order, quantities=rest, reason=reason, actor=actor)


def _count_on_line(item: OrderItem, quantity: int) -> None:
    changed = quantity > 0 and OrderItem.objects.filter(
        id=item.id, restocked_quantity__lte=F("quantity") - quantity
    ).update(restocked_quantity=F("restocked_quantity") + quantity)
    if not changed:
        raise InvalidInput.of("items", "too_many", f"Line {item.id} has fewer units out than {quantity}.")
