"""Scheduled work of the catalogue."""

from celery import shared_task

from products.imports.inventory import progress
from products.services import stock_alerts, stock_notices


@shared_task
def mail_stock_notices() -> None:
    """Queue mails to those who wait for what is back in stock; runs each minute and may run many times at once."""
    stock_notices.mail_waiting()


@shared_task
def refresh_stock_alerts() -> None:
    """Tell staff what has run low; runs every five minutes and may run twice."""
    stock_alerts.refresh_alerts()


@shared_task
def drop_old_stock_notices() -> None:
    """Forget notices that are over, and feeds that were sent long ago."""
    stock_notices.drop_old()
    progress.drop_old()
