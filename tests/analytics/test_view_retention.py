"""Old views lose address and agent and later go, without a lock on anything but themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from analytics.models import ProductView, ViewRetention
from analytics.services import view_retention
from products.models import Product
from tests.factories.analytics import viewed
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def lamp() -> Product:
    return ProductFactory.create()


def seen(product: Product, *, days_ago: float, count: int = 1) -> list[ProductView]:
    """Views of somebody with address and agent."""
    views = [viewed(product, at=NOW - timedelta(days=days_ago), session_id=f"{n:064}") for n in range(count)]
    ProductView.objects.filter(id__in=[view.id for view in views]).update(
        ip_address="2001:db8::ff00:42:8329", user_agent=AGENT, referrer="https://a.example/"
    )
    return views


def test_old_views_lose_address_and_agent_alone(lamp: Product) -> None:
    [old], [young] = seen(lamp, days_ago=90.1), seen(lamp, days_ago=89.9)

    assert view_retention.shorten_old_views(now=NOW) == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.ip_address, old.user_agent) == (None, None)
    assert (old.session_id, old.referrer, old.product) == (f"{0:064}", "https://a.example/", lamp)
    assert (young.ip_address, young.user_agent) == ("2001:db8::ff00:42:8329", AGENT)


def test_second_run_looks_at_nothing_again(
    lamp: Product, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(view_retention, "BATCH_ROWS", 2)
    seen(lamp, days_ago=100, count=5)
    assert view_retention.shorten_old_views(now=NOW) == 5

    with django_assert_num_queries(5):  # the state, a savepoint around its lock and the next views
        assert view_retention.shorten_old_views(now=NOW) == 0


def test_run_that_was_missed_is_caught_up(lamp: Product) -> None:
    seen(lamp, days_ago=100)
    view_retention.shorten_old_views(now=NOW)
    seen(lamp, days_ago=50, count=3)

    assert view_retention.shorten_old_views(now=NOW + timedelta(days=300)) == 3

    assert ProductView.objects.exclude(user_agent=None).count() == 0


def test_days_are_a_setting(lamp: Product, settings: Settings) -> None:
    settings.VIEW_RETENTION_DAYS = 7
    seen(lamp, days_ago=8)

    assert view_retention.shorten_old_views(now=NOW) == 1


def test_views_of_long_ago_go(lamp: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_retention, "BATCH_ROWS", 2)
    seen(lamp, days_ago=1_100.1, count=5)
    [kept] = seen(lamp, days_ago=1_099.9)

    assert view_retention.drop_old_views(now=NOW) == 5

    assert list(ProductView.objects.all()) == [kept]


def test_nothing_goes_where_all_is_kept(lamp: Product, settings: Settings) -> None:
    settings.VIEW_KEPT_DAYS = 0
    seen(lamp, days_ago=5_000)

    assert view_retention.drop_old_views(now=NOW) == 0


# Rows as browsers make them; the table is filled by one statement, as a batch fills it.
FILL = """
INSERT INTO analytics_productview (product_id, session_id, ip_address, user_agent, referrer, viewed_at)
SELECT %s, encode(sha256(n::text::bytea), 'hex'), '203.0.113.' || n %% 250, %s, 'https://www.google.com/', %s
FROM generate_series(1, 1000) AS n
"""


def test_shortened_row_stays_in_its_block_and_writes_no_index(lamp: Product) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [lamp.id, AGENT, NOW - timedelta(days=100)])
    before, updates_before = blocks(), updates()

    assert view_retention.shorten_old_views(now=NOW) == 1_000

    assert len(set(before.values())) > 20
    assert blocks() == before
    assert [now - then for now, then in zip(updates(), updates_before, strict=True)] == [1_000, 1_000]


def blocks() -> dict[int, int]:
    """The block of the table in which each view lies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, (ctid::text::point)[0]::int FROM analytics_productview")
        return dict(cursor.fetchall())


def updates() -> tuple[int, int]:
    """How many rows this transaction has updated so far, and how many of them without writing an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'analytics_productview'"
        )
        found: tuple[int, int] = cursor.fetchone()
        return found


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_does_nothing(lamp: Product) -> None:
    seen(lamp, days_ago=100)
    ViewRetention.objects.create()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; SELECT * FROM analytics_viewretention FOR UPDATE")
            assert view_retention.shorten_old_views(now=NOW) == 0
            cursor.execute("ROLLBACK")
    finally:
        other.close()

    assert view_retention.shorten_old_views(now=NOW) == 1
