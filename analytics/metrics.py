"""What Prometheus is told of the daily aggregates."""

from collections.abc import Iterator

from django.utils import timezone

from analytics.models import AggregatedDay
from common.registry import Gauge


def aggregates() -> Iterator[Gauge]:
    """How long ago days were counted, and how many wait to be counted anew; no age before the first time."""
    yield Gauge.one("aggregates_stale_days", "Days that changed since they were counted.", _stale())
    last = AggregatedDay.objects.last_counted_at()
    if last is not None:
        age = (timezone.now() - last).total_seconds()
        yield Gauge.one("aggregates_age_seconds", "Seconds since a day was counted.", age)


def _stale() -> int:
    return int(AggregatedDay.objects.stale().count())
