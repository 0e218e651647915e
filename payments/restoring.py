"""What payments have to do after a backup was restored: everything that a gateway may know better is asked for."""

from datetime import timedelta

from django.utils import timezone

from common import outbox
from common.backups.settling import Restored, restore_steps
from payments.models import Payment, Refund

# Refunds that were made after the dump are looked for at payments as young as that.
REFUNDS_LOOKED_FOR = timedelta(days=90)
LONG_AGO = timedelta(days=1)  # longer than any grace of the reconciling job


def register() -> None:
    """Called once, when the applications are ready."""
    restore_steps.register("payments", have_all_reconciled)


def have_all_reconciled(restored: Restored) -> str:
    """Make payments and refunds under way due at once, and have refunds of captured ones looked for."""
    due = timezone.now() - LONG_AGO
    under_way = Payment.objects.in_flight().update(updated_at=due) + Refund.objects.under_way().update(updated_at=due)
    young = Payment.objects.captured().filter(created_at__gt=restored.taken_at - REFUNDS_LOOKED_FOR)
    asked = {
        f"payment:{payment_id}": {"payment_id": payment_id}
        for payment_id in young.exclude(payment_method="manual").order_by("id").values_list("id", flat=True)
    }
    outbox.emit_many("payment.refunds_changed", payloads=asked)
    return f"{under_way} payments and refunds under way are asked after, {len(asked)} captured ones for refunds"
