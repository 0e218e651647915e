"""Days of the shop's time zone: where each begins and which one an instant belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

ONE_DAY = timedelta(days=1)

# Beyond these a date is a slip of the pen, and its neighbours may not exist.
EARLIEST = date(1970, 1, 1)
LATEST = date(2999, 12, 31)


@dataclass(frozen=True)
class Span:
    """The instants from `start` up to, but without, `end`."""

    start: datetime
    end: datetime


def today() -> date:
    """The day that it is in the shop."""
    return day_of(timezone.now())


def beginning_of(day: date) -> datetime:
    """The first instant of the day; where its midnight is skipped or comes twice, the clock's first try at it."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(settings.SHOP_TIME_ZONE)).astimezone(ZoneInfo("UTC"))


def span_of(first: date, last: date) -> Span:
    """The instants of the days from the first to the last, both included."""
    return Span(beginning_of(first), beginning_of(last + ONE_DAY))


def days_of(first: date, last: date) -> list[date]:
    """The days from the first to the last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def first_stretch(ordered: Sequence[date]) -> list[date]:
    """The days up to the first gap; they come in order."""
    run = takewhile(lambda place: ordered[place] == ordered[0] + timedelta(days=place), range(len(ordered)))
    return [ordered[place] for place in run]


def day_of(instant: datetime) -> date:
    """The one day whose span holds the instant, also where clocks are set back across midnight."""
    day = instant.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE)).date()
    return day + ONE_DAY if instant >= beginning_of(day + ONE_DAY) else day
