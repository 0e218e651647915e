"""Killing whoever counts a day, at each of its steps: readers never see half a day, and the next run is right."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from analytics import integrity
from analytics.models import AggregatedDay, SalesAggregate
from analytics.services import aggregates
from tests.factories.analytics import paid_order
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows]

CHECKOUT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
KILLED = 137

REFRESH = """
import django
django.setup()
from analytics.services import aggregates
aggregates.refresh_stale_days()
"""

# What the service must not be: the day is emptied and filled again, each statement by itself.
CARELESS_REFRESH = """
import django
django.setup()
from django.db import connection
from analytics.models import AggregatedDay
from analytics.services import counting
from common.failpoints import failpoint
for day in AggregatedDay.objects.stale().values_list("date", flat=True):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_salesaggregate WHERE date = %s", [day])
        failpoint("aggregation.after_write")
        counting.rewrite_days(cursor, first=day, last=day)
"""

Row = tuple[int | None, int | None, int, int, Decimal]


@pytest.fixture
def before() -> set[Row]:
    """A counted day to which another order has come since; its rows as they were counted."""
    product = ProductFactory.create(price=Decimal("10.00"), categories=[CategoryFactory.create()])
    paid_order((product, 1), at=NOON)
    list(aggregates.rebuild(first=DAY, last=DAY))
    aggregates.refresh_stale_days()
    counted = seen()
    paid_order((product, 2), (ProductFactory.create(price=Decimal("5.00")), 1), at=NOON)
    aggregates.mark_day_changed(day=DAY)
    return counted


def seen() -> set[Row]:
    """What a reader sees of the day right now."""
    columns = ("product", "category", "order_count", "item_count", "revenue")
    return set(SalesAggregate.objects.filter(date=DAY).values_list(*columns))


def environment(**extra: str) -> dict[str, str]:
    """That of a process of its own on the test database, and on a Redis database that no other test uses."""
    database = connection.settings_dict
    user, password = quote(str(database["USER"])), quote(str(database["PASSWORD"]))
    address = f"postgres://{user}:{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    redis = urlunsplit(urlsplit(settings.REDIS_URL)._replace(path="/9"))
    return {**os.environ, "DATABASE_URL": address, "REDIS_URL": redis, "PYTHONPATH": str(CHECKOUT), **extra}


def run(script: str, *, failpoints: str = "") -> int:
    """The exit code of a process that runs the script."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(FAILPOINTS=failpoints), cwd=CHECKOUT, check=False, timeout=60
    )
    return done.returncode


def assert_books_are_right() -> None:
    assert AggregatedDay.objects.stale().count() == 0
    totals = SalesAggregate.objects.totals().values_list("order_count", "item_count", "revenue")
    assert list(totals) == [(2, 4, Decimal("35.00"))]
    with connection.cursor() as cursor:
        cursor.execute(integrity.breaches_sql())
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("after_lock", marks=pytest.mark.slow),
        "after_write",
        pytest.param("before_commit", marks=pytest.mark.slow),
    ],
)
def test_killed_at(step: str, before: set[Row]) -> None:
    assert run(REFRESH, failpoints=f"aggregation.{step}=exit") == KILLED

    assert seen() == before
    assert AggregatedDay.objects.stale().count() == 1

    assert run(REFRESH) == 0

    assert seen() > {(None, None, 2, 4, Decimal("35.00"))}
    assert_books_are_right()


@pytest.mark.slow
def test_twin_without_a_transaction_shows_half_a_day(before: set[Row]) -> None:
    assert run(CARELESS_REFRESH, failpoints="aggregation.after_write=exit") == KILLED

    assert seen() != before
    assert seen() == set()


@pytest.mark.slow
def test_killed_celery_worker(before: set[Row]) -> None:
    with worker(failpoints="aggregation.after_write=hang:60") as victim:
        send_refresh()
        wait_for(is_being_counted)

        assert seen() == before

        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait(timeout=10)

    wait_for(lambda: not is_being_counted())
    assert seen() == before

    with worker():
        send_refresh()
        wait_for(lambda: not AggregatedDay.objects.stale().exists())

    assert_books_are_right()


@contextmanager
def worker(*, failpoints: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker of the analytics queue, ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "analytics", "-c", "1", "-l", "warning"],
        env=environment(FAILPOINTS=failpoints),
        cwd=CHECKOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def send_refresh() -> None:
    script = "from config.celery import app; app.send_task('analytics.tasks.refresh_sales_aggregates')"
    assert run(script) == 0


def is_being_counted() -> bool:
    """Whether somebody holds the day's row."""
    try:
        with transaction.atomic():
            AggregatedDay.objects.select_for_update(nowait=True).get(date=DAY)
    except OperationalError:
        return True
    return False


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
