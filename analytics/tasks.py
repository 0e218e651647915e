"""Scheduled work of analytics; each may run twice, or twice at once."""

from celery import shared_task

from analytics.services import aggregates, bought_together, popularity, view_retention


@shared_task
def refresh_sales_aggregates() -> None:
    """Count the days again on which something changed."""
    aggregates.refresh_stale_days()


@shared_task
def refresh_popularity() -> None:
    """Set the products' popularity to what they sold lately."""
    popularity.refresh_popularity()


@shared_task
def refresh_bought_together() -> None:
    """Count again which products are bought together."""
    bought_together.refresh_bought_together()


@shared_task
def shorten_old_views() -> None:
    """Take address and agent off old views."""
    view_retention.shorten_old_views()


@shared_task
def drop_old_views() -> None:
    """Delete views that nobody compares with any more."""
    view_retention.drop_old_views()
