"""Back-fills, by that of the orders' countries: whole, once, from wherever they were stopped."""

import threading
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from pytest_django import Settings

from common import tasks
from common.backfills import working
from common.backfills.migrating import RunBackfill
from common.backfills.working import Pace, UnknownBackfill, work_off
from common.failpoints import FailpointReached
from common.models import BackfillRun
from orders.models import Order
from tests.factories.orders import ADDRESS, OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_rest")]

NAME = "orders.shipping_country"
ORDERS = 250
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working.time, "sleep", lambda seconds: None)


def orders_of_before(number: int = ORDERS) -> None:
    """Orders as the release before the column wrote them."""
    OrderFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO orders_order (user_id, status, subtotal, shipping_cost, tax, total, order_number, email,
                shipping_address_snapshot, billing_address_snapshot, shipping_method_name, currency,
                prices_include_tax, tax_lines, created_at, updated_at)
            SELECT user_id, status, subtotal, shipping_cost, tax, total, 'OLD' || n, email,
                jsonb_build_object('country', CASE n %% 3 WHEN 0 THEN 'de' WHEN 1 THEN 'FR' ELSE 'Atlantis' END),
                '{}', shipping_method_name, currency, prices_include_tax, '[]', '2026-01-01', '2026-01-01'
            FROM orders_order, generate_series(1, %s) n
            """,
            [number],
        )
        cursor.execute("SET session_replication_role = origin")


def countries() -> dict[str, int]:
    found = Order.objects.filter(order_number__startswith="OLD").values_list("shipping_country", flat=True)
    return {country: list(found).count(country) for country in set(found)}


FILLED = {"DE": 83, "FR": 84, "": 83}


def test_fills_what_was_there_before_and_says_no_row_changed() -> None:
    orders_of_before()

    run = work_off(NAME, pace=Pace(rows=100))

    assert countries() == FILLED
    assert (run.changed, run.place == run.until, run.finished_at is None) == (167, True, False)
    assert set(Order.objects.filter(order_number__startswith="OLD").values_list("updated_at", flat=True)) == {LONG_AGO}


def test_new_orders_have_it_from_whoever_writes_them() -> None:
    order = OrderFactory.create(shipping_address_snapshot={**ADDRESS, "country": "fr"})
    order.refresh_from_db()
    assert order.shipping_country == "FR"

    order.shipping_address_snapshot["country"] = "Nowhere"
    order.save(update_fields=["shipping_address_snapshot"])
    order.refresh_from_db()

    assert order.shipping_country == ""


def test_goes_on_where_it_was_stopped(settings: Settings) -> None:
    orders_of_before()
    work_off(NAME, pace=Pace(rows=100), seconds=0)
    working._do_batch(NAME, working.find_backfill(NAME), 100)
    settings.FAILPOINTS = "backfill.before_commit=raise"

    with pytest.raises(FailpointReached):
        work_off(NAME, pace=Pace(rows=100))

    at = BackfillRun.objects.get()
    assert (at.changed, at.finished_at) == (66, None)

    settings.FAILPOINTS = ""
    run = work_off(NAME)

    assert (countries(), run.changed) == (FILLED, 167)


def test_once_done_it_does_nothing_until_asked_to_again() -> None:
    orders_of_before()
    first = work_off(NAME)
    assert work_off(NAME).moved_at == first.moved_at

    working.begin(NAME, again=True)
    again = work_off(NAME)

    assert (again.changed, again.place) == (0, first.place)
    assert again.moved_at > first.moved_at


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_two_at_once_take_turns() -> None:
    orders_of_before(1_000)
    working.begin(NAME)

    def work() -> None:
        work_off(NAME, pace=Pace(rows=100, batch_seconds=0))
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert BackfillRun.objects.get().changed == 667
    assert countries() == {"DE": 333, "FR": 334, "": 333}


def test_workers_go_on_with_what_was_begun() -> None:
    orders_of_before()
    BackfillRun.objects.create(name="of.another_release", until=5)
    call_command("backfill", NAME, later=True, stdout=StringIO())
    assert countries() == {"": ORDERS}

    tasks.work_off_backfills()

    assert countries() == FILLED
    assert set(BackfillRun.objects.filter(finished_at=None).values_list("name", flat=True)) == {"of.another_release"}


def command(*arguments: Any) -> str:
    out = StringIO()
    call_command("backfill", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_how_far_each_is() -> None:
    orders_of_before()

    assert f"{NAME}: the country that an order was sent to, out of its address; never begun\n" in command()
    assert command(NAME) == f"{NAME}: done; 167 rows filled.\n"
    assert "167 rows filled" in command()
    assert command(NAME, "--again") == f"{NAME}: done; 0 rows filled.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], r"There is no back-fill 'nothing'. There are: .*orders.shipping_country"),
        ([NAME, "--rows", "0"], "--rows must be 1 or more"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        command(*arguments)


def test_a_migration_of_an_empty_table_needs_no_name_that_is_gone() -> None:
    gone = RunBackfill("orders.of_long_ago", table="orders_order")
    gone.database_forwards("orders", None, None, None)

    OrderFactory.create()

    with pytest.raises(UnknownBackfill):
        gone.database_forwards("orders", None, None, None)


def test_batches_grow_and_shrink_with_the_time_they_take() -> None:
    pace = Pace(rows=1_000, batch_seconds=0.25)

    assert [pace.after(seconds).rows for seconds in (0.25, 0.0, 0.2, 0.5, 10)] == [1_000, 2_000, 1_250, 500, 500]
    assert Pace(rows=120).after(60).rows == 100
    assert Pace(rows=15_000).after(0).rows == 20_000
