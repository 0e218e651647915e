"""How many unpaid orders a customer may have open: each holds stock that nobody else can buy."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from common.limits import counting
from common.limits.policies import Rate, Scope, Window, key_of, rate_of
from common.locking import advisory_lock
from orders.errors import TooManyUnpaidOrders
from orders.models import Order
from orders.services.checkout.customer import Customer

# The open order whose end makes room for another, where there are as many as there may be.
_OPEN = """
SELECT created_at, expires_at FROM orders_order
WHERE status = %s AND created_at > %s AND {whose} ORDER BY created_at DESC, id DESC OFFSET %s LIMIT 1
"""


def place_of(network: str) -> str:
    """What an order keeps of the network that a guest orders from; nothing where nobody counts by it."""
    return key_of("hold", network) if network and rate_of(Scope.HOLD) else ""


def check_hold(*, customer: Customer) -> None:
    """Refuse another open order to who has as many as LIMIT_HOLD lets them open in its time.

    Accounts count by themselves; guests by their network and by their e-mail address. Takes an advisory lock for
    each, after the cart's, so that orders in parallel see each other. Raises TooManyUnpaidOrders.
    """
    rate = rate_of(Scope.HOLD)
    if rate is None:
        return
    user = customer.owner.user
    if user is not None:
        _check(rate, "user_id = %s", user.pk)
        return
    # In this order, for everybody: by network, then by address.
    if customer.placed_from:
        _check(rate, "placed_from = %s AND placed_from <> ''", customer.placed_from)
    _check(rate, "email = %s AND user_id IS NULL", customer.email)


def _check(rate: Rate, whose: str, value: int | str) -> None:
    advisory_lock(f"hold:{whose}:{value}")
    now = timezone.now()
    since = now - timedelta(seconds=rate.seconds)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN.format(whose=whose), [Order.Status.PENDING, since, value, rate.quota - 1])
        full = cursor.fetchone()
    if full is None:
        return
    placed_at, expires_at = full
    ends = placed_at + timedelta(seconds=rate.seconds)
    frees_at = min(ends, expires_at) if expires_at and expires_at > now else ends
    window = Window("hold", "", rate)
    counting.refuse(window, wait_seconds=(frees_at - now).total_seconds(), error=TooManyUnpaidOrders)
