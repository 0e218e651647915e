"""Scheduled work of the catalogue; each may run twice, or twice at once."""

from celery import shared_task

from products.services import prices


@shared_task
def drop_old_prices() -> None:
    """Forget prices that ended long ago."""
    prices.drop_old_prices()
