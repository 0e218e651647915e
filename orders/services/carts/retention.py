"""The end of carts that nobody came back to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders.models import Cart

CARTS_PER_STATEMENT = 500


def drop_old(*, now: datetime | None = None) -> int:
    """Delete carts untouched for CART_RETENTION_DAYS that became no order; returns how many.

    Those of an order stay, so that a cart never becomes another. Locks the carts by id; one in use is left alone.
    """
    limit = (now or timezone.now()) - timedelta(days=settings.CART_RETENTION_DAYS)
    dropped, after = 0, 0
    while True:
        with transaction.atomic():
            due = Cart.objects.filter(updated_at__lt=limit, order=None, id__gt=after).order_by("id")
            ids = list(
                due.select_for_update(of=("self",), skip_locked=True).values_list("id", flat=True)[:CARTS_PER_STATEMENT]
            )
            Cart.objects.filter(id__in=ids).delete()
        dropped += len(ids)
        if len(ids) < CARTS_PER_STATEMENT:
            return dropped
        after = ids[-1]
