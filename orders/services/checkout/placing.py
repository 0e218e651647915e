"""Placing an order: planned without locks, then locked, read again, checked and written in one short transaction."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from common.errors import Busy
from common.failpoints import failpoint
from common.locking import lock_rows
from common.money import ZERO
from common.tokens import make_token
from orders.errors import CartAlreadyOrdered
from orders.models import Cart, Order
from orders.services import coupons, life
from orders.services.carts import CartOwner, Contents, read_contents
from orders.services.checkout.customer import Customer, identify
from orders.services.checkout.planning import Plan, make_plan, read_active_contents
from orders.services.checkout.snapshots import build_order, insert_lines
from orders.services.checkout.wish import CheckoutWish, contact_email
from products.services import stock

ATTEMPTS = 3


@dataclass(frozen=True)
class Placed:
    """The order, and for a guest the token that opens it; only the token's hash is kept."""

    order: Order
    access_token: str | None


class _Stale(Exception):
    """Something changed between plan and lock; plan again."""


def place_order(*, owner: CartOwner, wish: CheckoutWish) -> Placed:
    """Turn the owner's cart into an order: stock taken, coupon used up, everything kept as it was bought.

    Locks the cart, the coupon, the products and the variations, in this order. An order of total zero is confirmed
    at once. Raises CartEmpty, CartAlreadyOrdered, ProductUnavailable, OutOfStock, CouponInvalid, TotalChanged,
    InvalidInput, and Busy where the cart or its prices keep changing.
    """
    for _ in range(ATTEMPTS):
        contents = read_active_contents(owner=owner)
        email = contact_email(owner=owner, given=wish.email)
        customer = identify(owner=owner, wish=wish, email=email)
        plan = make_plan(
            contents=contents,
            destination=customer.shipping.destination,
            shipping_method_id=wish.shipping_method_id,
            customer_email=customer.coupon_email,
            expected=wish.expected_total,
        )
        try:
            placed = _write(plan, customer)
        except _Stale:
            continue
        except IntegrityError as error:
            if "order_number" not in str(error):
                raise
            continue  # the number was taken; the next attempt draws another
        transaction.on_commit(lambda: failpoint("checkout.after_commit"))
        return placed
    raise Busy


@transaction.atomic
def _write(plan: Plan, customer: Customer) -> Placed:
    """Write the plan if it still holds under the locks; raises _Stale where it does not."""
    cart = _lock_cart(plan)
    failpoint("checkout.after_lock")
    access_token = None if customer.owner.user else make_token()
    order = build_order(plan=plan, customer=customer, access_token=access_token)
    order.save(force_insert=True)
    _use_coupon(plan, order, customer)
    demand = {line.key: line.quantity for line in plan.contents.lines}
    stock.take(demand=demand, order_number=order.order_number, actor=customer.owner.user)
    failpoint("checkout.after_stock")
    contents = read_contents(cart=cart)
    if _facts(contents) != _facts(plan.contents):
        raise _Stale
    insert_lines(order=order, contents=contents, priced=plan.pricing)
    Cart.objects.filter(id=cart.id).update(is_active=False)
    failpoint("checkout.after_insert")
    _tell(order, customer)
    failpoint("checkout.before_commit")
    return Placed(order, access_token)


def _lock_cart(plan: Plan) -> Cart:
    """The cart under lock, if nobody has ordered, merged or changed it since it was planned."""
    planned = plan.contents.cart
    rows = lock_rows(Cart.objects.filter(id=planned.id))
    if not rows or rows[0].updated_at != planned.updated_at or not rows[0].is_active:
        if Order.objects.filter(cart=planned.id).exists():
            raise CartAlreadyOrdered
        raise _Stale
    return rows[0]


def _use_coupon(plan: Plan, order: Order, customer: Customer) -> None:
    if plan.coupon is None:
        return
    used = coupons.redeem(coupon_id=plan.coupon.id, order=order, customer=customer.coupon_email).coupon
    if (used.kind, used.value) != (plan.coupon.kind, plan.coupon.value):
        raise _Stale


def _facts(contents: Contents) -> list[object]:
    """What an order takes from a cart's lines; under the locks it must be what was planned with."""
    return [
        (line.item_id, line.key, line.quantity, line.unit_price, line.product.tax_class, line.is_sold)
        for line in contents.lines
    ]


def _tell(order: Order, customer: Customer) -> None:
    actor = customer.owner.user
    life.add_event(order=order, code="placed", actor=actor)
    life.announce("order.placed", order=order)
    if order.total == ZERO:
        life.add_event(order=order, code="payment_not_required", detail="There is nothing to pay.", actor=actor)
        life.confirm_paid(order=order, actor=actor)
