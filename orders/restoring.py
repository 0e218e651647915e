"""What orders have to do after a backup was restored: none expires before its payment could be asked after."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from common.backups.settling import Restored, restore_steps
from common.registry import held_addresses
from orders.models import Order

GRACE = timedelta(hours=1)


def register() -> None:
    """Called once, when the applications are ready."""
    restore_steps.register("orders", put_off_expiry)
    held_addresses.register("orders", _addresses_of_guests)


def put_off_expiry(restored: Restored) -> str:
    """Give orders that are to be paid an hour more: they may have been paid after the dump."""
    until = timezone.now() + GRACE
    held = Order.objects.filter(status=Order.Status.PENDING, expires_at__lt=until).update(expires_at=until)
    return f"{held} unpaid orders wait an hour longer"


def _addresses_of_guests() -> Iterable[str]:
    return Order.objects.filter(user=None).values_list("email", flat=True).distinct().iterator()
