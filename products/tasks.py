"""Scheduled work of the catalogue; each may run twice, or twice at once."""

from collections.abc import Callable

from celery import shared_task
from django.core.cache import cache

from products.services import offering, prices, remote_pictures, renditions

_LONGEST_RUN_SECONDS = 60


@shared_task
def apply_schedule() -> None:
    """Offer and take off the products whose time has come, however late it runs."""
    offering.apply_schedule()


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


def _one_at_a_time(name: str, run: Callable[[], int]) -> None:
    """Leave the run out while another is under way, so that slow pictures never hold all processes of the worker.

    Two at once would do no harm, so the mark may be lost with the cache; that of a killed worker ends by itself.
    """
    if cache.add(name, True, timeout=_LONGEST_RUN_SECONDS):
        try:
            run()
        finally:
            cache.delete(name)
