"""`rebuild_sales_aggregates`."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from analytics.models import AggregatedDay, SalesAggregate
from tests.analytics.conftest import at
from tests.factories.analytics import paid_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rebuild_sales_aggregates", *arguments, stdout=out)
    return out.getvalue()


def test_counts_the_range() -> None:
    for day in (1, 2, 3, 4):
        paid_order((ProductFactory.create(), 1), at=at(3, day))

    said = run("--from=2026-03-02", "--to=2026-03-03")

    assert said == "Counted 2 days, 2026-03-02 to 2026-03-03.\n"
    counted = SalesAggregate.objects.totals().order_by("date").values_list("date", flat=True)
    assert list(counted) == [date(2026, 3, 2), date(2026, 3, 3)]


def test_begins_with_the_first_order_and_ends_today() -> None:
    paid_order((ProductFactory.create(), 1), at=at(3, 1))

    run()

    days = AggregatedDay.objects.order_by("date").values_list("date", flat=True)
    assert days[0] == date(2026, 3, 1)
    assert len(days) == (days[len(days) - 1] - days[0]).days + 1


@pytest.mark.parametrize("arguments", [("--from=2026-03-02", "--to=2026-03-01"), ("--from=0001-01-01",)])
def test_bad_range_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
