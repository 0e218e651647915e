"""The benchmark of the shop on a tiny one: everything answers as it should. No time is judged."""

from pathlib import Path

import pytest

from tests.benchmarks import extras
from tests.benchmarks.measuring import Effort, Result, measure, standing
from tests.benchmarks.report import table
from tests.benchmarks.shop import STEPS
from tests.benchmarks.shop_data import Size
from tests.benchmarks.stand import PLAIN, REFERENCE, SHOP


@pytest.mark.timeout(300)
def test_every_step_is_answered_and_like_the_reference(tmp_path: Path) -> None:
    size = Size(products=300, orders=120)
    effort = Effort(rounds=1, seconds=0.1, warm_up_seconds=0, compared_bodies=5, counted_calls=4)
    result = Result(size.products, size.orders, effort.seconds)

    with standing(size, {SHOP, REFERENCE, PLAIN}, tmp_path) as stand:
        for step in STEPS:
            measure(stand, step, result, effort, say=lambda _: None)
        extras.measure_open_checkouts(stand, result, rate=10, seconds=1)
        extras.measure_aggregates(stand, result, rounds=1)

    assert [line.split("|")[1].strip() for line in table(result).splitlines()[2:]] == [step.name for step in STEPS]
    assert all(row.statements >= 1 for rows in result.rows.values() for row in rows.values())
