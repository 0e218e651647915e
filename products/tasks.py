"""Scheduled work of the catalogue; each may run twice, or twice at once."""

from collections.abc import Callable

from celery import shared_task
from django.core.cache import cache

from products.imports.inventory import progress
from products.services import (
    catalogue_state,
    offering,
    prices,
    remote_pictures,
    renditions,
    stock_alerts,
    stock_notices,
)

_LONGEST_RUN_SECONDS = 60


@shared_task
def apply_schedule() -> None:
    """Offer and take off the products whose time has come, however late it runs."""
    offering.apply_schedule()


@shared_task
def fold_catalogue_changes() -> None:
    """Keep short what every list reads to know the state of the catalogue; runs each minute and may run twice."""
    catalogue_state.fold_changes()


@shared_task
def drop_old_prices() -> None:
    """Forget prices that ended long ago."""
    prices.drop_old_prices()


@shared_task
def make_due_renditions() -> None:
    """Make smaller pictures of new ones; runs every few seconds."""
    _one_at_a_time("products.renditions", renditions.make_due_renditions)


@shared_task
def fetch_due_pictures() -> None:
    """Fetch pictures that imports named by address; runs every few seconds."""
    _one_at_a_time("products.fetching", remote_pictures.fetch_due_pictures)


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


def _one_at_a_time(name: str, run: Callable[[], int]) -> None:
    """Leave the run out while another is under way, so that slow pictures never hold all processes of the worker.

    Two at once would do no harm, so the mark may be lost with the cache; that of a killed worker ends by itself.
    """
    if cache.add(name, True, timeout=_LONGEST_RUN_SECONDS):
        try:
            run()
        finally:
            cache.delete(name)
