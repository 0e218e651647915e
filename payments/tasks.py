"""Scheduled and deferred work of payments; every task gets ids, may run twice and may run twice at once."""

from celery import shared_task

from payments.services import credit_notes, foreign_refunds, payments, reconciliation, refunds


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


@shared_task
def look_for_refunds(payment_id: int) -> None:
    """Book the refunds that were made in the gateway's own dashboard."""
    foreign_refunds.look_for_refunds(payment_id=payment_id)


@shared_task
def issue_missing_credit_notes() -> int:
    """Issue the credit notes that no event asked for; may run twice at once."""
    return credit_notes.issue_missing()
