"""Ranges that people ask for by name."""

from datetime import date, timedelta

from analytics.reports.ranges import DateRange


def ranges(today: date) -> list[tuple[str, DateRange]]:
    """The names with their ranges, as of the day."""
    last_month = today.replace(day=1) - timedelta(days=1)
    return [
        ("Today", DateRange(today, today)),
        ("7 days", DateRange(today - timedelta(days=6), today)),
        ("30 days", DateRange(today - timedelta(days=29), today)),
        ("90 days", DateRange(today - timedelta(days=89), today)),
        ("This month", DateRange(today.replace(day=1), today)),
        ("Last month", DateRange(last_month.replace(day=1), last_month)),
        ("This year", DateRange(today.replace(month=1, day=1), today)),
    ]
