"""Named reads of analytics."""

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from analytics.models import AggregatedDay, SalesAggregate  # noqa: F401


class SalesAggregateQuerySet(models.QuerySet["SalesAggregate"]):
    """Reads of the daily aggregates."""

    def within(self, first: date, last: date) -> "SalesAggregateQuerySet":
        """Those of the days from the first to the last, both included."""
        return self.filter(date__gte=first, date__lte=last)

    def totals(self) -> "SalesAggregateQuerySet":
        """The one row per day that counts everything."""
        return self.filter(product=None, category=None)


class AggregatedDayQuerySet(models.QuerySet["AggregatedDay"]):
    """Reads of which days are counted."""

    def stale(self) -> "AggregatedDayQuerySet":
        """Days of which something changed since they were last counted."""
        return self.filter(Q(computed_at=None) | Q(computed_at__lt=F("changed_at")))
