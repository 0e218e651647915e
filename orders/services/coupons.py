"""Coupons: finding one that is valid, using it up with an order, and giving the use back."""

import unicodedata
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from common.errors import NotFound
from common.locking import lock_row
from orders.errors import CouponInvalid
from orders.models import Coupon, CouponUse, Order

CUSTOMER_LENGTH = 254


def normalise_code(code: str) -> str:
    """The code as it is stored and compared: compatibility forms, case and outer space make no difference."""
    return unicodedata.normalize("NFKC", code).strip().upper()


def normalise_customer(email: str) -> str:
    """The customer behind an e-mail address, as limits per customer count them.

    Lower case, compatibility forms composed, without a `+tag`, the domain in its ASCII form; look-alike letters of
    other scripts stay different customers. The ASCII form may be longer than the column: its beginning counts.
    """
    local, _, domain = unicodedata.normalize("NFKC", email).strip().lower().rpartition("@")
    untagged = local.partition("+")[0] or local
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{untagged}@{domain}"[:CUSTOMER_LENGTH]


def find_valid(*, code: str, subtotal: Decimal, customer_email: str | None, at: datetime) -> Coupon:
    """The coupon of the code if it may be used at that time, for that subtotal and by that customer, if one is known.

    Takes no lock. Raises CouponInvalid; its fact `reason` is one of unknown, inactive, not_started, expired,
    minimum_subtotal, used_up, used_by_customer.
    """
    coupon = Coupon.objects.filter(code__iexact=normalise_code(code)).first()
    if coupon is None:
        raise _refused("unknown")
    _check(coupon, subtotal, customer_email, at)
    return coupon


@transaction.atomic
def redeem(*, coupon_id: int, order: Order, customer: str) -> CouponUse:
    """Use the coupon up for the order; `customer` is the e-mail address that the limit per customer counts.

    Locks the coupon, reads it again, checks it against the order's subtotal, and counts the use by guarded update.
    Raises CouponInvalid where it may no longer be used.
    """
    try:
        coupon = lock_row(Coupon.objects.filter(pk=coupon_id))
    except NotFound as error:
        raise _refused("unknown") from error
    _check(coupon, order.subtotal, customer, timezone.now())
    within_limit = Q(max_uses=None) | Q(use_count__lt=F("max_uses"))
    if not Coupon.objects.filter(within_limit, pk=coupon_id).update(use_count=F("use_count") + 1):
        raise _refused("used_up")
    return CouponUse.objects.create(coupon=coupon, order=order, customer=normalise_customer(customer))


@transaction.atomic
def release(*, order: Order) -> bool:
    """Give the order's use of a coupon back, once; tells whether there was one to give back.

    Locks the coupon; the caller holds the order's lock.
    """
    use = CouponUse.objects.filter(order=order, released_at=None).first()
    if use is None:
        return False
    lock_row(Coupon.objects.filter(pk=use.coupon_id))
    if not CouponUse.objects.filter(pk=use.pk, released_at=None).update(released_at=timezone.now()):
        return False
    Coupon.objects.filter(pk=use.coupon_id).update(use_count=F("use_count") - 1)
    return True


def _check(coupon: Coupon, subtotal: Decimal, customer_email: str | None, at: datetime) -> None:
    if not coupon.is_active:
        raise _refused("inactive")
    if coupon.starts_at and at < coupon.starts_at:
        raise _refused("not_started")
    if coupon.ends_at and at >= coupon.ends_at:
        raise _refused("expired")
    if subtotal < coupon.minimum_subtotal:
        raise _refused("minimum_subtotal", minimum_subtotal=str(coupon.minimum_subtotal))
    if coupon.max_uses is not None and coupon.use_count >= coupon.max_uses:
        raise _refused("used_up")
    _check_customer(coupon, customer_email)


def _check_customer(coupon: Coupon, customer_email: str | None) -> None:
    if coupon.max_uses_per_customer is None or customer_email is None:
        return
    used = CouponUse.objects.filter(coupon=coupon, customer=normalise_customer(customer_email), released_at=None)
    if used.count() >= coupon.max_uses_per_customer:
        raise _refused("used_by_customer")


DETAILS = {
    "unknown": "There is no such coupon.",
    "inactive": "The coupon is not active.",
    "not_started": "The coupon is not valid yet.",
    "expired": "The coupon has expired.",
    "minimum_subtotal": "The subtotal is below the coupon's minimum.",
    "used_up": "The coupon has been used up.",
    "used_by_customer": "You have used the coupon as often as it allows.",
}


def _refused(reason: str, **facts: Any) -> CouponInvalid:
    return CouponInvalid(DETAILS[reason], reason=reason, **facts)
