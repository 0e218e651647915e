"""What analytics contributes to the applications below it, and what it wants to hear of."""

from analytics import backfilling, handlers, integrity, metrics, privacy, readiness, slice_integrity
from analytics.models import SalesAggregate
from common.imports.references import derived_rows
from common.registry import backfills, metric_sources


def register() -> None:
    """Called once, when the application is ready."""
    backfills.register("analytics.days_without_slices", backfilling.DAYS_WITHOUT_SLICES)
    handlers.subscribe()
    integrity.register()
    slice_integrity.register()
    privacy.register()
    readiness.register()
    metric_sources.register("sales_aggregates", metrics.aggregates)
    derived_rows.register("sales_aggregates", SalesAggregate)
