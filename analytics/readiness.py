"""What /readyz shows of the aggregates: when they were last counted and whether a change waits for too long."""

from datetime import timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone

from analytics.models import AggregatedDay
from common.registry import readiness_checks

LONGEST_WAIT = timedelta(minutes=30)


def register() -> None:
    """Show the aggregates' state in the readiness report."""
    readiness_checks.register("sales_aggregates", check)


def check() -> dict[str, Any]:
    """Degraded where a changed day has waited for more than half an hour to be counted."""
    last = AggregatedDay.objects.last_counted_at()
    oldest = AggregatedDay.objects.stale().aggregate(at=Min("changed_at"))["at"]
    late = oldest is not None and oldest < timezone.now() - LONGEST_WAIT
    return {"status": "degraded" if late else "ok", "last_counted_at": last.isoformat() if last else None}
