"""Named reads of analytics."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, CharField, Count, F, Max, Q, Value, When
from django.db.models.functions import Cast, Concat

from analytics.days import Span

if TYPE_CHECKING:
    from analytics.models import AggregatedDay, ProductView, SalesAggregate, SalesSlice  # noqa: F401

# Who looked: the browser by its visitor id, else the user, else nobody known (each such view a visitor of its own).
VISITOR = Case(
    When(session_id__isnull=False, then=F("session_id")),
    When(user__isnull=False, then=Concat(Value("user "), Cast("user_id", CharField()))),
    default=Concat(Value("view "), Cast("id", CharField())),
)


class ProductViewQuerySet(models.QuerySet["ProductView"]):
    """Reads of product views."""

    def within(self, span: Span) -> "ProductViewQuerySet":
        """Those of the instants from the start up to the end."""
        return self.filter(viewed_at__gte=span.start, viewed_at__lt=span.end)

    def visitor_count(self) -> int:
        """How many different visitors looked."""
        return int(self.aggregate(visitors=Count(VISITOR, distinct=True))["visitors"])


class SalesAggregateQuerySet(models.QuerySet["SalesAggregate"]):
    """Reads of the daily aggregates."""

    def within(self, first: date, last: date) -> "SalesAggregateQuerySet":
        """Those of the days from the first to the last, both included."""
        return self.filter(date__gte=first, date__lte=last)

    def totals(self) -> "SalesAggregateQuerySet":
        """The one row per day that counts everything."""
        return self.filter(product=None, category=None)


class SalesSliceQuerySet(models.QuerySet["SalesSlice"]):
    """Reads of the daily sales by coupon, country and kind of customer."""

    def within(self, first: date, last: date) -> "SalesSliceQuerySet":
        """Those of the days from the first to the last, both included."""
        return self.filter(date__gte=first, date__lte=last)


class AggregatedDayQuerySet(models.QuerySet["AggregatedDay"]):
    """Reads of which days are counted."""

    def stale(self) -> "AggregatedDayQuerySet":
        """Days of which something changed since they were last counted."""
        return self.filter(Q(computed_at=None) | Q(computed_at__lt=F("changed_at")))

    def last_counted_at(self) -> datetime | None:
        """When a day was counted last, if ever."""
        at: datetime | None = self.aggregate(at=Max("computed_at"))["at"]
        return at
