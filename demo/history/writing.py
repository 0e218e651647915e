"""Writes planned orders with all that belongs to them, priced by the shop's own rules, each table in one statement."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.conf import settings

from common.money import ZERO
from common.tokens import hash_token, make_token
from demo.history.course import Course, make_course
from demo.history.plan import PlannedOrder
from demo.rows import insert_rows
from orders.models import Coupon, Order
from orders.services.checkout.numbers import make_order_number
from orders.services.coupons import normalise_customer
from orders.services.pricing import Destination, Pricing, PricingLine, price_order
from products.services import stock
from products.services.stock import PastMovement
from shipping.models import ShippingRate
from shipping.services.quotes import ShippingOption, shipping_options

Row = dict[str, Any]


@dataclass
class WrittenOrder:
    """A planned order with its price, its course and the ids of its rows."""

    planned: PlannedOrder
    course: Course
    pricing: Pricing
    option: ShippingOption
    coupon: Coupon | None
    order_number: str
    order_id: int = 0
    payment_id: int | None = None

    @property
    def is_paid(self) -> bool:
        """Whether its money arrived."""
        return self.course.paid_at is not None

    @property
    def gave_back(self) -> bool:
        """Whether all its goods are in stock again."""
        return self.course.cancelled_at is not None or self.course.status == Order.Status.REFUNDED


def write_orders(planned: Sequence[PlannedOrder], *, now: datetime, staff_id: int) -> list[WrittenOrder]:
    """Write the orders, their lines, events, stock movements and coupon uses; payments come after them."""
    chance = Random(513)
    coupons = {coupon.code: coupon for coupon in Coupon.objects.all()}
    quotes = _Quotes()
    orders = [_price(each, make_course(each, now=now, chance=chance), coupons, quotes) for each in planned]
    ids = insert_rows("orders_order", [_order_row(order) for order in orders])
    for order, order_id in zip(orders, ids, strict=True):
        order.order_id = order_id
    insert_rows("orders_orderitem", [row for order in orders for row in _item_rows(order)])
    insert_rows("orders_orderevent", [row for order in orders for row in _event_rows(order, staff_id)])
    insert_rows("orders_couponuse", [_use_row(order, order.coupon) for order in orders if order.coupon])
    _count_uses(orders)
    stock.book_past(movements=[movement for order in orders for movement in _movements(order)])
    return orders


class _Quotes:
    """Shipping options, asked for once per place and band of order values."""

    def __init__(self) -> None:
        self._bounds = sorted(set(ShippingRate.objects.values_list("min_order_value", flat=True)))
        self._known: dict[tuple[str, str, int], list[ShippingOption]] = {}

    def options(self, country: str, state: str, subtotal: Decimal) -> list[ShippingOption]:
        key = (country, state, bisect_right(self._bounds, subtotal))
        if key not in self._known:
            self._known[key] = shipping_options(country=country, state=state, subtotal=subtotal)
        return self._known[key]


def _price(planned: PlannedOrder, course: Course, coupons: dict[str, Coupon], quotes: _Quotes) -> WrittenOrder:
    lines = [
        PricingLine(offer.key.product_id, offer.key.variation_id, quantity, offer.price, offer.tax_class)
        for offer, quantity in planned.lines
    ]
    subtotal = sum((line.total for line in lines), ZERO)
    country, state = planned.customer.snapshot["country"], planned.customer.snapshot["state"]
    options = quotes.options(country, state, subtotal)
    option = options[-1] if planned.wants_express else options[0]
    coupon = coupons.get(planned.coupon_code)
    if coupon and coupon.minimum_subtotal > subtotal:
        coupon = None
    pricing = price_order(
        lines=lines, coupon=coupon, destination=Destination(country, state), shipping_price=option.price
    )
    return WrittenOrder(planned, course, pricing, option, coupon, make_order_number())


def _order_row(order: WrittenOrder) -> Row:
    customer, course, pricing = order.planned.customer, order.course, order.pricing
    held = timedelta(days=settings.MANUAL_PAYMENT_DAYS)
    return {
        "order_number": order.order_number,
        "user_id": customer.user_id,
        "status": course.status,
        "shipping_address_id": customer.address_id,
        "billing_address_id": customer.address_id,
        "shipping_method_id": order.option.method.id,
        "tracking_number": course.tracking_number,
        "subtotal": pricing.subtotal,
        "shipping_cost": pricing.shipping_cost,
        "tax": pricing.tax,
        "discount": pricing.discount,
        "total": pricing.total,
        "email": customer.email,
        "access_token_hash": "" if customer.user_id else hash_token(make_token()),
        "shipping_address_snapshot": customer.snapshot,
        "billing_address_snapshot": customer.snapshot,
        "shipping_method_name": order.option.method.name,
        "currency": settings.SHOP_CURRENCY,
        "coupon_code": order.coupon.code if order.coupon else "",
        "prices_include_tax": settings.PRICES_INCLUDE_TAX,
        "tax_included": pricing.tax_included,
        "tax_lines": pricing.tax_lines,
        "shipping_discount": pricing.shipping_discount,
        "shipping_tax": pricing.shipping_tax,
        "expires_at": course.placed_at + held if course.status == Order.Status.PENDING else None,
        "paid_at": course.paid_at,
        "created_at": course.placed_at,
        "updated_at": course.last_at,
    }


def _item_rows(order: WrittenOrder) -> list[Row]:
    return [
        {
            "order_id": order.order_id,
            "product_id": offer.key.product_id,
            "variation_id": offer.key.variation_id,
            "quantity": quantity,
            "price": offer.price,
            "total_price": price.total_price,
            "product_name": offer.name,
            "product_sku": offer.sku,
            "variation_name": offer.variation_name,
            "unit_cost": offer.unit_cost,
            "discount_share": price.discount_share,
            "tax_rate": price.tax_rate,
            "tax_added": price.tax_added,
            "tax_included": price.tax_included,
            "restocked_quantity": quantity if order.gave_back else 0,
        }
        for (offer, quantity), price in zip(order.planned.lines, order.pricing.lines, strict=True)
    ]


def _event_rows(order: WrittenOrder, staff_id: int) -> list[Row]:
    course, customer_id = order.course, order.planned.customer.user_id
    expired = not order.is_paid and course.cancelled_at
    whole = course.status == Order.Status.REFUNDED
    events = (
        ("placed", "", customer_id, course.placed_at),
        ("confirmed", "The order is paid.", customer_id, course.paid_at),
        ("processing", "", staff_id, course.processing_at),
        ("shipped", f"Tracking number {course.tracking_number}", staff_id, course.shipped_at),
        ("delivered", "", staff_id, course.delivered_at),
        ("expired", "No payment arrived in time.", None, course.cancelled_at if expired else None),
        ("cancelled", "", customer_id, None if expired else course.cancelled_at),
        ("refund_succeeded", "", staff_id, course.refunded_at),
        ("refunded", "", staff_id, course.refunded_at if whole else None),
    )
    return [
        {"order_id": order.order_id, "code": code, "detail": detail, "actor_id": actor_id, "at": at}
        for code, detail, actor_id, at in events
        if at
    ]


def _use_row(order: WrittenOrder, coupon: Coupon) -> Row:
    return {
        "coupon_id": coupon.id,
        "order_id": order.order_id,
        "customer": normalise_customer(order.planned.customer.email),
        "released_at": order.course.cancelled_at,
        "created_at": order.course.placed_at,
    }


def _count_uses(orders: Sequence[WrittenOrder]) -> None:
    uses = Counter(order.coupon.id for order in orders if order.coupon and not order.course.cancelled_at)
    for coupon_id, use_count in uses.items():
        Coupon.objects.filter(id=coupon_id).update(use_count=use_count)


def _movements(order: WrittenOrder) -> list[PastMovement]:
    course = order.course
    sold = [
        PastMovement(offer.key, -quantity, stock.Reason.SALE, order.order_number, course.placed_at)
        for offer, quantity in order.planned.lines
    ]
    if not order.gave_back:
        return sold
    reason = stock.Reason.RETURN if course.cancelled_at is None else stock.Reason.CANCELLATION
    if course.cancelled_at and not order.is_paid:
        reason = stock.Reason.EXPIRY
    back_at = course.cancelled_at or course.refunded_at or course.placed_at
    return sold + [
        PastMovement(offer.key, quantity, reason, order.order_number, back_at)
        for offer, quantity in order.planned.lines
    ]
