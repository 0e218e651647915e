"""What analytics contributes to the applications below it, and what it wants to hear of."""

from analytics import handlers, integrity, privacy, readiness
from analytics.models import SalesAggregate
from common.imports.references import derived_rows


def register() -> None:
    """Called once, when the application is ready."""
    handlers.subscribe()
    integrity.register()
    privacy.register()
    readiness.register()
    derived_rows.register("sales_aggregates", SalesAggregate)
