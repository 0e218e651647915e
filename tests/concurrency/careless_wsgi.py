"""The shop without some of its guards, as CARELESS names them; each race must then go wrong.

`stock`: units are taken by writing back what was read. `locks`: rows are read without a lock. `order`: rows are locked
in any order. `attempts`: nobody looks for payments in flight. `moves`: an order's status is written whatever it has
become. `refunds`, `coupons`: what was given back, or used, is written back as an absolute value.
"""

import os
import random
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from common import locking, rows

CARELESS = set(os.environ.get("CARELESS", "stock").split(","))
PAUSE_SECONDS = float(os.environ.get("CARELESS_PAUSE_SECONDS", "0.02"))


def read_without_lock(queryset: Any) -> list[Any]:
    """What `locking.lock_rows` would be without its lock."""
    rows = list(queryset.order_by("pk"))
    time.sleep(PAUSE_SECONDS)
    return rows


def fetch_without_lock(model: Any, condition: str, values: Any) -> list[Any]:
    """What `locking.lock_where` would be without its lock."""
    found = rows.fetch(model, f"WHERE {condition} ORDER BY id", values)
    time.sleep(PAUSE_SECONDS)
    return found


# Before anything else imports them by name.
if "locks" in CARELESS:
    locking.lock_rows = read_without_lock
    locking.lock_where = fetch_without_lock

from config.wsgi import application  # noqa: E402
from orders.errors import InvalidTransition  # noqa: E402
from orders.models import Coupon, CouponUse, Order  # noqa: E402
from orders.services import coupons  # noqa: E402
from orders.services.life import cancelling, fulfilment, moves  # noqa: E402
from payments.models import Payment  # noqa: E402
from payments.services import payments, refunds  # noqa: E402
from products.models import Product, ProductVariation, StockMovement  # noqa: E402
from products.querysets import sale_rows  # noqa: E402
from products.querysets.goods import Goods  # noqa: E402
from products.querysets.sale_rows import TakenRow  # noqa: E402
from products.services import stock  # noqa: E402
from products.services.stock import StockKey  # noqa: E402

__all__ = ["application"]
take_in_order = sale_rows.take


def take_carelessly(
    *, demand: Mapping[StockKey, int], order_number: str, actor: Any = None
) -> Mapping[StockKey, Goods]:
    """What `stock.take` would be without its locks and its guarded update."""
    taken = {}
    for key, quantity in demand.items():
        levels: Any = Product.objects.filter(id=key.product_id)
        if key.variation_id:
            levels = ProductVariation.objects.filter(id=key.variation_id)
        row = levels.get()
        level = row.stock_quantity
        variation = row if key.variation_id else None
        taken[key] = Goods(row.product if variation else row, variation, sells_by_variation=False)
        if level < quantity:
            raise stock.out_of_stock({key: (quantity, level)})
        time.sleep(PAUSE_SECONDS)
        levels.update(stock_quantity=level - quantity)
        StockMovement.objects.create(
            product_id=key.product_id,
            variation_id=key.variation_id,
            delta=-quantity,
            reason=StockMovement.Reason.SALE,
            order_number=order_number,
        )
    return taken


def take_in_any_order(**facts: Any) -> list[TakenRow]:
    """What `sale_rows.take` would be without its order."""
    ids = [product_id for product_id, _, _ in facts["demand"]]
    random.shuffle(ids)
    for product_id in ids:
        Product.objects.filter(id=product_id).select_for_update(of=("self",), no_key=True).first()
        time.sleep(PAUSE_SECONDS)
    return take_in_order(**facts)


def move_carelessly(*, order: Order, to: Order.Status, only_from: Any = None, **facts: Any) -> None:
    """What `moves.move` would be if it checked first and wrote then."""
    if order.status not in (moves.SOURCES[to] if only_from is None else moves.SOURCES[to] & only_from):
        raise InvalidTransition.between(order.status, to)
    time.sleep(PAUSE_SECONDS)
    Order.objects.filter(id=order.id).update(status=to, **facts)
    order.refresh_from_db()


def count_carelessly(payment: Payment, amount: Decimal) -> None:
    """What the counting of refunds would be if it wrote back what it read."""
    Payment.objects.filter(id=payment.id).update(refunded_amount=payment.refunded_amount + amount)


def redeem_carelessly(*, coupon_id: int, order: Order, customer: str) -> CouponUse:
    """What `coupons.redeem` would be without its lock and its guarded update."""
    coupon = Coupon.objects.get(id=coupon_id)
    coupons.find_valid(code=coupon.code, subtotal=order.subtotal, customer_email=customer, at=order.created_at)
    time.sleep(PAUSE_SECONDS)
    Coupon.objects.filter(id=coupon_id).update(use_count=coupon.use_count + 1)
    return CouponUse.objects.create(coupon=coupon, order=order, customer=coupons.normalise_customer(customer))


if "stock" in CARELESS:
    stock.take = take_carelessly
if "order" in CARELESS:
    sale_rows.take = take_in_any_order
if "attempts" in CARELESS:
    payments._find_in_flight = lambda _order: None  # type: ignore[assignment]
if "moves" in CARELESS:
    cancelling.move = fulfilment.move = move_carelessly  # type: ignore[attr-defined]
if "refunds" in CARELESS:
    refunds._count = count_carelessly
if "coupons" in CARELESS:
    coupons.redeem = redeem_carelessly
