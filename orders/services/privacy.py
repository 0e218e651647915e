"""The person behind carts and orders: what is held about them, and forgetting them without touching the books."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from authentication.models import User
from common import mail, privacy
from common.locking import lock_rows
from common.outbox import Event
from orders.models import Cart, CartItem, CouponUse, Invoice, Order, OrderEvent, OrderItem

FINISHED = (Order.Status.DELIVERED, Order.Status.CANCELLED, Order.Status.REFUNDED)
PERSON = ("full_name", "company", "phone", "address_line1", "address_line2")
ORDER = (
    "order_number",
    "status",
    "email",
    "shipping_address_snapshot",
    "billing_address_snapshot",
    "shipping_method_name",
    "tracking_number",
    "coupon_code",
    "notes",
    "subtotal",
    "discount",
    "shipping_cost",
    "tax",
    "total",
    "currency",
    "created_at",
    "paid_at",
)
INVOICE = ("number", "kind", "order__order_number", "issued_at", "buyer", "total", "currency")


def export_customer(user_id: int) -> dict[str, Any]:
    """The user's carts and orders with their lines and invoices, JSON-ready."""
    items = OrderItem.objects.filter(order__user=user_id).order_by("id")
    events = OrderEvent.objects.filter(order__user=user_id).order_by("id")
    coupon_uses = CouponUse.objects.filter(order__user=user_id).order_by("id")
    in_cart = CartItem.objects.filter(cart__user=user_id, cart__is_active=True).order_by("id")
    return {
        "orders": list(Order.objects.filter(user=user_id).order_by("id").values(*ORDER)),
        "order_items": list(items.values("order__order_number", "product_sku", "product_name", "quantity", "price")),
        "invoices": list(Invoice.objects.filter(order__user=user_id).order_by("id").values(*INVOICE)),
        "events": list(events.values("order__order_number", "at", "code", "detail")),
        "coupon_uses": list(coupon_uses.values("order__order_number", "coupon__code", "customer", "created_at")),
        "cart": list(in_cart.values("product__sku", "variation__sku", "quantity")),
    }


def export_guest(email: str) -> dict[str, Any]:
    """The orders that were placed with the address and without an account, with their lines, JSON-ready."""
    orders = Order.objects.filter(user=None, email=email.lower())
    items = OrderItem.objects.filter(order__in=orders).order_by("id")
    return {
        "orders": list(orders.order_by("id").values(*ORDER)),
        "order_items": list(items.values("order__order_number", "product_sku", "product_name", "quantity", "price")),
        "invoices": list(Invoice.objects.filter(order__in=orders).order_by("id").values(*INVOICE)),
    }


@transaction.atomic
def forget_guest(email: str) -> int:
    """Make the finished orders of a guest nobody's; returns how many are under way and keep their address as yet."""
    theirs = Order.objects.filter(user=None, email=email.lower())
    privacy.forget_imported_orders(list(theirs.values_list("pk", flat=True)))
    nobody = f"erased-{uuid.uuid4().hex[:12]}@erased.invalid"
    _make_nobodys(lock_rows(theirs.filter(status__in=FINISHED)), nobody)
    return theirs.count()


@transaction.atomic
def join_guests_orders(event: Event) -> None:
    """An account has proven its e-mail address: what was ordered with it as a guest is the account's now.

    Whoever has proven it could have opened those orders by the links that were mailed to it. Locks the orders.
    """
    user = User.objects.filter(pk=event.payload["user_id"], is_active=True, email_verified_at__isnull=False).first()
    if user is not None:
        joining = [order.pk for order in lock_rows(Order.objects.filter(user=None, email=user.email))]
        Order.objects.filter(pk__in=joining).update(user=user)


@transaction.atomic
def forget_customer(event: Event) -> None:
    """An account was erased: its cart goes, and its finished orders keep what was bought but not by whom.

    Orders under way keep their address until they are finished: somebody waits for the parcel. Invoices stay as they
    were issued, which the law demands. Locks the cart, then the orders.
    """
    user_id = event.payload["user_id"]
    for cart in lock_rows(Cart.objects.filter(user=user_id, is_active=True)):
        cart.delete()
    privacy.forget_imported_orders(list(Order.objects.filter(user=user_id).values_list("pk", flat=True)))
    _make_nobodys(lock_rows(Order.objects.filter(user=user_id, status__in=FINISHED)), _nobody(user_id))


@transaction.atomic
def forget_when_finished(event: Event) -> None:
    """An order is finished whose customer's account was erased meanwhile. Locks the order."""
    for order in lock_rows(Order.objects.filter(pk=event.payload["order_id"], user__erased_at__isnull=False)):
        if order.user_id is not None:
            _make_nobodys([order], _nobody(order.user_id))


def _nobody(user_id: int) -> str:
    """The made-up address of an erased account."""
    return User.objects.values_list("email", flat=True).get(pk=user_id)


def _make_nobodys(orders: Sequence[Order], nobody: str) -> None:
    for order in orders:
        mail.forget(recipient=order.email, resources=[f"order:{order.order_number}"])
        order.email = nobody
        order.notes = None
        order.shipping_address_snapshot = _place_only(order.shipping_address_snapshot)
        order.billing_address_snapshot = _place_only(order.billing_address_snapshot)
        order.save(update_fields=["email", "notes", "shipping_address_snapshot", "billing_address_snapshot"])
        CouponUse.objects.filter(order=order).update(customer=nobody)


def _place_only(snapshot: dict[str, str]) -> dict[str, str]:
    return {name: "" if name in PERSON else value for name, value in snapshot.items()}
