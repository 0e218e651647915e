"""Ranges of days that reports are about."""

from dataclasses import dataclass
from datetime import date, timedelta

from analytics import days
from analytics.days import Span

LONGEST_RANGE_DAYS = 3_660
USUAL_RANGE_DAYS = 30


@dataclass(frozen=True)
class DateRange:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def day_count(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "DateRange":
        """The range of as many days that ends on the day before this one begins."""
        return DateRange(self.first - timedelta(days=self.day_count), self.first - timedelta(days=1))

    def span(self) -> Span:
        """The instants of the range in the shop's time zone."""
        return days.span_of(self.first, self.last)


def usual_range(*, first: date | None = None, last: date | None = None) -> DateRange:
    """What is meant where an end is not given: 30 days, up to today."""
    last = last or days.today()
    return DateRange(first or last - timedelta(days=USUAL_RANGE_DAYS - 1), last)
