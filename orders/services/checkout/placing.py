"""Placing an order: planned without locks, then locked, read again, checked and written in one short transaction."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from common import rows
from common.errors import Busy
from common.failpoints import failpoint
from common.locking import lock_where
from common.money import ZERO
from common.tokens import make_token
from orders.errors import CartAlreadyOrdered
from orders.models import Cart, Order, OrderEvent, OrderItem
from orders.querysets import cart_rows
from orders.services import coupons, life
from orders.services.carts import CartOwner
from orders.services.carts.contents import is_sold, unit_price
from orders.services.checkout.customer import Customer, identify
from orders.services.checkout.holding import check_hold, place_of
from orders.services.checkout.planning import Plan, make_plan, read_active_contents
from orders.services.checkout.snapshots import build_lines, build_order
from orders.services.checkout.wish import CheckoutWish, contact_email
from products.querysets.goods import Goods
from products.services import stock

ATTEMPTS = 3


@dataclass(frozen=True)
class Placed:
    """The order with its lines and events, and for a guest the token that opens it; only its hash is kept."""

    order: Order
    items: list[OrderItem]
    events: list[OrderEvent]
    access_token: str | None


class _Stale(Exception):
    """Something changed between plan and lock; plan again."""


def place_order(*, owner: CartOwner, wish: CheckoutWish, network: str = "") -> Placed:
    """Turn the owner's cart into an order: stock taken, coupon used up, everything kept as it was bought.

    Locks the cart, the coupon, the products and the variations, in this order. An order of total zero is confirmed
    at once. Raises CartEmpty, CartAlreadyOrdered, ProductUnavailable, OutOfStock, CouponInvalid, TotalChanged,
    InvalidInput, TooManyUnpaidOrders, and Busy where the cart or its prices keep changing. `network` is where a guest
    orders from (`common.client.client_network`); none where no client asks.
    """
    placed_from = "" if owner.user else place_of(network)
    for _ in range(ATTEMPTS):
        contents = read_active_contents(owner=owner)
        email = contact_email(owner=owner, given=wish.email)
        customer = identify(owner=owner, wish=wish, email=email, placed_from=placed_from)
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
    """Write the plan if it still holds under the locks; raises _Stale where it does not.

    The goods come last, as whoever wants the same ones waits for them until the commit.
    """
    _lock_cart(plan)
    failpoint("checkout.after_lock")
    if plan.total != ZERO:  # else it is confirmed at once
        check_hold(customer=customer)
    access_token = None if customer.owner.user else make_token()
    order = build_order(plan=plan, customer=customer, access_token=access_token)
    rows.insert([order])
    items = build_lines(order=order, contents=plan.contents, priced=plan.pricing)
    rows.insert(items)
    _use_coupon(plan, order, customer)
    events = _tell(order, customer)
    failpoint("checkout.after_insert")
    _take_goods(plan, order, customer)
    failpoint("checkout.after_stock")
    failpoint("checkout.before_commit")
    return Placed(order, items, events, access_token)


def _lock_cart(plan: Plan) -> None:
    """Lock the cart, close it, and read its lines again: nobody has ordered, merged or changed it since the plan."""
    planned = plan.contents.cart
    locked = lock_where(Cart, "id = %s", [planned.id])
    if not locked or locked[0].updated_at != planned.updated_at or not locked[0].is_active:
        if Order.objects.filter(cart=planned.id).exists():
            raise CartAlreadyOrdered
        raise _Stale
    lines = [(line.item_id, *line.key, line.quantity) for line in plan.contents.lines]
    if cart_rows.line_facts(cart_id=planned.id) != lines:
        raise _Stale
    locked[0].is_active = False
    rows.save(locked[0], "is_active")


def _take_goods(plan: Plan, order: Order, customer: Customer) -> None:
    """Take the stock; what the order keeps of its goods must be what they are under the lock."""
    demand = {line.key: line.quantity for line in plan.contents.lines}
    taken = stock.take(demand=demand, order_number=order.order_number, actor=customer.owner.user)
    if any(_facts(taken[line.key]) != _facts(line.goods) for line in plan.contents.lines):
        raise _Stale


def _use_coupon(plan: Plan, order: Order, customer: Customer) -> None:
    if plan.coupon is None:
        return
    used = coupons.redeem(coupon_id=plan.coupon.id, order=order, customer=customer.coupon_email).coupon
    if (used.kind, used.value) != (plan.coupon.kind, plan.coupon.value):
        raise _Stale


def _facts(goods: Goods) -> tuple[object, ...]:
    """What an order keeps of its goods, or is priced by."""
    product, variation = goods.product, goods.variation
    of_variation = variation and (variation.sku, str(variation))
    kept = (product.name, product.sku, product.cost_price, of_variation)
    return unit_price(goods), product.tax_class, is_sold(goods), *kept


def _tell(order: Order, customer: Customer) -> list[OrderEvent]:
    """The order's first events, told to the world too; one of total zero waits for no money."""
    actor = customer.owner.user
    events = [life.add_event(order=order, code="placed", actor=actor)]
    life.announce("order.placed", order=order)
    if order.total == ZERO:
        detail = "There is nothing to pay."
        events.append(life.add_event(order=order, code="payment_not_required", detail=detail, actor=actor))
        events.append(life.confirm_paid(order=order, actor=actor))
    return events
