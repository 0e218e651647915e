"""The mails about orders: to the customer with a link to the order, and to staff."""

from collections.abc import Mapping
from typing import Any

from common.mail import queue_mail, tell_staff
from orders.models import Order, OrderItem
from orders.services.mailed_links import link_to, secret_name_for

FOLDER = "orders/mails"


def mail_customer(
    *,
    order: Order,
    kind: str,
    template: str = "",
    resource: str = "",
    context: Mapping[str, Any] | None = None,
) -> None:
    """Queue a mail to who ordered, once per kind and order (or `resource`, which begins with the order's).

    Belongs to a transaction. Whose account was erased gets none.
    """
    if order.user is not None and order.user.erased_at is not None:
        return
    queue_mail(
        kind=kind,
        resource=resource or f"order:{order.order_number}",
        recipient=order.email,
        template=template or f"{FOLDER}/{kind.removeprefix('order_')}",
        context={**facts_of(order), "link": link_to(order), **(context or {})},
        secret_name=secret_name_for(order),
    )


def tell_staff_of(*, order: Order) -> None:
    """Queue the word of a new order to staff."""
    tell_staff(
        kind="staff_new_order",
        resource=f"order:{order.order_number}",
        template=f"{FOLDER}/staff_new_order",
        context=facts_of(order),
    )


def facts_of(order: Order) -> dict[str, Any]:
    """What templates show of an order."""
    items = OrderItem.objects.filter(order=order).order_by("id")
    address = order.shipping_address_snapshot
    place = " ".join(filter(None, (address.get("postal_code"), address.get("city"), address.get("state"))))
    names = ("full_name", "company", "address_line1", "address_line2")
    return {
        "order": order,
        "order_number": order.order_number,
        "currency": order.currency,
        "lines": [{"quantity": item.quantity, "name": _name(item), "total": item.total_price} for item in items],
        "address": [line for line in (*(address.get(name) for name in names), place, address.get("country")) if line],
    }


def _name(item: OrderItem) -> str:
    return f"{item.product_name} ({item.variation_name})" if item.variation_name else item.product_name
