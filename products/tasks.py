"""Scheduled work of the catalogue; each may run twice, or twice at once."""

from celery import shared_task

from products.services import offering, prices


@shared_task
def apply_schedule() -> None:
    """Offer and take off the products whose time has come, however late it runs."""
    offering.apply_schedule()


@shared_task
def drop_old_prices() -> None:
    """Forget prices that ended long ago."""
    prices.drop_old_prices()
