"""Scheduled work of orders."""

from celery import shared_task
from django.utils import timezone

from orders.services import invoices, life
from orders.services.carts import retention


@shared_task
def expire_unpaid_orders() -> int:
    """Cancel what was not paid in time; runs each minute and may run twice at once."""
    return life.expire_unpaid(now=timezone.now())


@shared_task
def issue_missing_invoices() -> int:
    """Issue the invoices that no event asked for; may run twice at once."""
    return invoices.issue_missing()


@shared_task
def drop_old_carts() -> int:
    """Delete carts that nobody came back to; may run twice at once."""
    return retention.drop_old()
