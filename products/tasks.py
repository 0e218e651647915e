"""Scheduled work of the catalogue."""

from celery import shared_task

from products.services import remote_pictures, renditions


@shared_task
def make_due_renditions() -> None:
    """Make smaller pictures of new ones; runs every few seconds and may run many times at once."""
    renditions.make_due_renditions()


@shared_task
def fetch_due_pictures() -> None:
    """Fetch pictures that imports named by address; runs every few seconds and may run many times at once."""
    remote_pictures.fetch_due_pictures()
