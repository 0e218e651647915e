"""Sixty days of generated orders and refunds against a recomputation in plain Python, to the cent."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from analytics import integrity
from analytics.models import AggregatedDay, SalesAggregate
from analytics.services import aggregates
from tests.analytics.sixty_days import Key, Sixty, expected

# The clocks of New York go forward on 8 March 2026, within the sixty days.
ZONE = "America/New_York"
FIRST = date(2026, 2, 1)


def found() -> dict[Key, tuple[object, ...]]:
    figures = ("order_count", "item_count", "revenue", "cost", "profit")
    rows = SalesAggregate.objects.values_list("date", "product", "category", *figures)
    return {row[:3]: row[3:] for row in rows}


def versions() -> set[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text FROM analytics_salesaggregate")
        return set(cursor.fetchall())


def breaches() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(integrity.breaches_sql())
        return list(cursor.fetchall())


def mark_all(past: Sixty) -> None:
    days = ((past.last - past.first).days + 10) + 1  # refunds come up to nine days later
    aggregates.mark_days_changed(days_=[past.first + timedelta(days=offset) for offset in range(days)])


@pytest.fixture
def past(db: None, settings: Settings) -> Sixty:
    settings.SHOP_TIME_ZONE = ZONE
    return Sixty(FIRST, ZONE)


def test_aggregates_equal_a_recomputation_and_a_second_run_changes_nothing(past: Sixty) -> None:
    mark_all(past)

    aggregates.refresh_stale_days()

    wanted = expected(past.facts, past.categories, ZONE)
    assert len(past.facts) > 400
    assert found() == wanted
    assert breaches() == []

    before = versions()
    mark_all(past)
    assert aggregates.refresh_stale_days() == 70
    assert len(list(aggregates.rebuild(first=past.first, last=past.last))) == 60
    assert versions() == before


def test_integrity_check_finds_each_wrong_row_and_repairs_it(past: Sixty) -> None:
    mark_all(past)
    aggregates.refresh_stale_days()
    wrong = list(SalesAggregate.objects.order_by("?").values_list("id", flat=True)[:3])
    SalesAggregate.objects.filter(id=wrong[0]).update(order_count=99)
    SalesAggregate.objects.filter(id=wrong[1]).update(cost=999_999, profit=-1_000_000, revenue=-1)
    SalesAggregate.objects.filter(id=wrong[2]).delete()

    assert len(breaches()) == 3

    integrity.recount_breached_days()

    assert breaches() == []
    assert found() == expected(past.facts, past.categories, ZONE)


def test_integrity_check_does_not_judge_days_that_wait(past: Sixty) -> None:
    mark_all(past)

    assert breaches() == []

    AggregatedDay.objects.all().delete()

    assert breaches() != []


@pytest.mark.bare_rows
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", ["refresh", pytest.param("rebuild", marks=pytest.mark.slow)])
def test_two_at_once_change_nothing(settings: Settings, work: str) -> None:
    settings.SHOP_TIME_ZONE = ZONE
    past = Sixty(FIRST, ZONE)
    mark_all(past)

    at_once(2, aggregates.refresh_stale_days)

    wanted, before = expected(past.facts, past.categories, ZONE), versions()
    assert found() == wanted

    mark_all(past)
    if work == "refresh":
        at_once(4, aggregates.refresh_stale_days)
    else:
        at_once(4, lambda: list(aggregates.rebuild(first=past.first, last=past.last)))

    assert versions() == before
    assert AggregatedDay.objects.stale().count() == (0 if work == "refresh" else 10)


def at_once(threads: int, work: Callable[[], object]) -> None:
    """Run the work in so many threads that begin together; what one raises is raised here."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(threads)

    def run() -> None:
        try:
            barrier.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if errors:
        raise errors[0]
