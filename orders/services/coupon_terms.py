"""Writes of coupons by staff: their terms, never how often they were used."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from common.errors import InvalidInput
from common.locking import lock_row
from orders.models import Coupon
from orders.services.coupons import normalise_code

UNIQUE_CODE = "orders_coupon_code_any_case"
MOST_CODE_CHARACTERS = 40


@transaction.atomic
def create_coupon(**terms: Any) -> Coupon:
    """A new coupon of these terms, its code normalised; raises InvalidInput where they contradict each other."""
    return _save(Coupon(**terms))


@transaction.atomic
def change_coupon(*, coupon_id: int, **terms: Any) -> Coupon:
    """Change the named terms, under the coupon's lock, so that no use is counted meanwhile.

    Raises NotFound, and InvalidInput as `create_coupon` does or for a limit below the uses in force.
    """
    coupon = lock_row(Coupon.objects.filter(pk=coupon_id))
    for name, value in terms.items():
        setattr(coupon, name, value)
    return _save(coupon)


@transaction.atomic
def remove_coupon(*, coupon_id: int) -> None:
    """Delete a coupon, or switch it off where orders have used it; raises NotFound."""
    coupon = lock_row(Coupon.objects.filter(pk=coupon_id))
    try:
        coupon.delete()
    except ProtectedError:
        Coupon.objects.filter(pk=coupon_id).update(is_active=False)


def _save(coupon: Coupon) -> Coupon:
    coupon.code = normalise_code(coupon.code)
    _check(coupon)
    try:
        with transaction.atomic():
            coupon.save()
    except IntegrityError as error:
        if UNIQUE_CODE not in str(error):
            raise
        raise InvalidInput.of("code", "unique", "There is a coupon of this code already.") from error
    return coupon


def _check(coupon: Coupon) -> None:
    if len(coupon.code) > MOST_CODE_CHARACTERS:  # normalised, some letters become several
        raise InvalidInput.of("code", "max_length", f"At most {MOST_CODE_CHARACTERS} characters.")
    if coupon.kind == Coupon.Kind.PERCENT and coupon.value > 100:
        raise InvalidInput.of("value", "max_value", "At most 100 per cent.")
    if coupon.starts_at and coupon.ends_at and coupon.ends_at <= coupon.starts_at:
        raise InvalidInput.of("ends_at", "empty_window", "Must be later than starts_at.")
    if coupon.max_uses is not None and coupon.max_uses < coupon.use_count:
        raise InvalidInput.of("max_uses", "below_use_count", f"It has been used {coupon.use_count} times already.")
