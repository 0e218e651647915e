"""Scheduled and deferred work of payments; every task gets ids, may run twice and may run twice at once."""

from celery import shared_task

from payments.services import payments, reconciliation, refunds


@shared_task
def reconcile_open_payments() -> None:
    """End payments, refunds and events that were left open; runs each minute."""
    reconciliation.reconcile()


@shared_task
def submit_refund(refund_id: int) -> None:
    """Have the gateway make a refund that was committed."""
    refunds.submit_refund(refund_id=refund_id)


@shared_task
def withdraw_payment(payment_id: int) -> None:
    """Cancel a pending payment whose order waits for it no longer."""
    payments.withdraw_payment(payment_id=payment_id)
