"""Each instant belongs to exactly one day of the shop's time zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django import Settings

from analytics import days
from analytics.models import SalesAggregate
from analytics.services import aggregates
from tests.factories.analytics import paid_order
from tests.factories.products import ProductFactory


@pytest.mark.parametrize(
    ("zone", "first_hour"),
    [
        ("UTC", datetime(2026, 3, 28, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 3, 28, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 3, 28, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 28, tzinfo=UTC)),  # forward at 02:00
        ("America/New_York", datetime(2026, 10, 31, tzinfo=UTC)),  # back at 02:00
        ("Atlantic/Azores", datetime(2026, 10, 24, tzinfo=UTC)),  # back from 01:00 to 00:00: midnight comes twice
        ("Atlantic/Azores", datetime(2026, 3, 28, tzinfo=UTC)),  # forward from 00:00: midnight does not come
        ("America/St_Johns", datetime(2010, 11, 6, tzinfo=UTC)),  # back from 00:01 to 23:01 of the day before
        ("Pacific/Apia", datetime(2011, 12, 29, tzinfo=UTC)),  # 30 December was left out
    ],
)
def test_instants_in_order_have_days_in_order(zone: str, first_hour: datetime, settings: Settings) -> None:
    settings.SHOP_TIME_ZONE = zone
    instants = [first_hour + timedelta(minutes=10 * step) for step in range(6 * 72)]

    found = [days.day_of(instant) for instant in instants]

    assert found == sorted(found)
    for instant, day in zip(instants, found, strict=True):
        span = days.span_of(day, day)
        assert span.start <= instant < span.end


@pytest.mark.django_db
def test_orders_at_the_borders_count_once_on_their_day(settings: Settings) -> None:
    settings.SHOP_TIME_ZONE = "America/New_York"
    product = ProductFactory.create(price=Decimal("1.00"))
    borders = {
        datetime(2026, 11, 1, 3, 59, 59, 900_000, tzinfo=UTC): date(2026, 10, 31),  # 23:59:59.9
        datetime(2026, 11, 1, 4, 0, tzinfo=UTC): date(2026, 11, 1),  # 00:00
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC): date(2026, 11, 1),  # 01:30
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC): date(2026, 11, 1),  # 01:30 again
        datetime(2026, 11, 2, 4, 59, 59, 999_999, tzinfo=UTC): date(2026, 11, 1),  # the 25-hour day's last moment
        datetime(2026, 11, 2, 5, 0, tzinfo=UTC): date(2026, 11, 2),
    }
    for instant in borders:
        paid_order((product, 1), at=instant)

    list(aggregates.rebuild(first=date(2026, 10, 30), last=date(2026, 11, 3)))

    totals = SalesAggregate.objects.totals().order_by("date").values_list("date", "order_count", "revenue")
    assert list(totals) == [
        (date(2026, 10, 31), 1, Decimal("1.00")),
        (date(2026, 11, 1), 4, Decimal("4.00")),
        (date(2026, 11, 2), 1, Decimal("1.00")),
    ]
    for instant, day in borders.items():
        assert days.day_of(instant) == day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "twice"),
    [
        ("Asia/Kathmandu", datetime(2026, 10, 25, tzinfo=UTC)),  # whose clocks stay as they are
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("Atlantic/Azores", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the hour after midnight
        ("America/St_Johns", datetime(2010, 11, 7, 2, 10, tzinfo=UTC)),  # the hour before midnight
    ],
)
def test_each_order_counts_on_one_day_and_the_days_are_all_orders(
    zone: str, twice: datetime, settings: Settings
) -> None:
    settings.SHOP_TIME_ZONE = zone
    midnights = [days.beginning_of(days.day_of(twice) + timedelta(days=offset)) for offset in (-1, 0, 1, 2)]
    last_moments = [midnight - timedelta(milliseconds=100) for midnight in midnights]  # 23:59:59.9
    instants = [*midnights, *last_moments, twice, twice + timedelta(hours=1)]
    for place, instant in enumerate(instants):  # each has a price that no others add up to
        paid_order((ProductFactory.create(price=Decimal(2**place)), 1), at=instant)
    aggregates.mark_days_changed(days_={days.day_of(instant) for instant in instants})

    aggregates.refresh_stale_days()

    found = SalesAggregate.objects.totals().order_by("date").values_list("date", "order_count", "revenue")
    around = days.days_of(days.day_of(twice) - timedelta(days=3), days.day_of(twice) + timedelta(days=3))
    wanted: dict[date, list[int]] = {}
    for place, instant in enumerate(instants):
        day = max(day for day in around if days.beginning_of(day) <= instant)
        wanted.setdefault(day, []).append(2**place)
    assert sum(revenue for _, _, revenue in found) == 2 ** len(instants) - 1
    assert list(found) == [(day, len(prices), Decimal(sum(prices))) for day, prices in sorted(wanted.items())]
