"""Scheduled work of the catalogue."""

from celery import shared_task

from products.services import renditions


@shared_task
def make_due_renditions() -> None:
    """Make smaller pictures of new ones; runs every few seconds and may run many times at once."""
    renditions.make_due_renditions()
