"""The benchmark of the shop on a tiny one: everything answers as it should. No time is judged."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks import extras, pages
from tests.benchmarks.measuring import Effort, Result, Row, measure, standing
from tests.benchmarks.report import comparison, table
from tests.benchmarks.shop import STEPS
from tests.benchmarks.shop_data import Size
from tests.benchmarks.stand import PLAIN, REFERENCE, SHOP


@pytest.mark.parametrize(
    ("names", "answerers"),
    [
        pytest.param({"LIST", "SEARCH", "CHECKOUT", "VIEW"}, {SHOP, REFERENCE}, id="some", marks=pytest.mark.slow),
        pytest.param({step.name for step in STEPS}, {SHOP, REFERENCE, PLAIN}, id="all", marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(300)
def test_every_step_is_answered_and_like_the_reference(tmp_path: Path, names: set[str], answerers: set[str]) -> None:
    steps = [replace(step, answerers=tuple(each for each in step.answerers if each in answerers)) for step in STEPS]
    steps = [step for step in steps if step.name in names]
    size = Size(products=300, orders=120)
    effort = Effort(rounds=1, seconds=0.1, warm_up_seconds=0, compared_bodies=3, counted_calls=2)
    result = Result(size.products, size.orders, effort.seconds)

    with standing(size, answerers, tmp_path) as stand:
        for step in steps:
            measure(stand, step, result, effort, say=lambda _: None)
        extras.measure_open_checkouts(stand, result, rate=10, seconds=1)
        extras.measure_aggregates(stand, result, rounds=1)

    assert _first_cells(table(result)) == [step.name for step in steps]
    silent = {name for name, rows in result.rows.items() for row in rows.values() if row.statements < 1}
    assert silent <= {"VIEW"}  # views are written by the batch


def test_figures_come_back_from_json_and_compare_with_others() -> None:
    before, after = _result(rate=100.0), Result.of_json(_result(rate=150.0).as_json())

    lines = comparison(after, before).splitlines()

    assert [cell.strip() for cell in lines[2].split("|")[1:5]] == ["LIST", "100", "150", "1.50"]
    assert lines[-1] == "COLD START, s: 2.00 before, 2.00 after"


def test_figures_of_a_size_replace_those_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    shutil.copy(pages.DOCS / page.name, page)
    around = page.read_text(encoding="utf-8").partition(pages.marks(10_000)[0])[0]

    for rate in (100.0, 150.0):
        pages.write_docs(_result(rate=rate), tmp_path)

    text = page.read_text(encoding="utf-8")
    shown = text.partition(pages.marks(10_000)[0])[2].partition(pages.marks(10_000)[1])[0]
    assert text.startswith(around)
    assert _first_cells(shown.partition(":\n\n")[2].partition("\n\n")[0]) == ["LIST"]
    assert "3.00" in shown
    assert "2.00 |" not in shown
    assert (tmp_path / "performance-10000.svg").read_text(encoding="utf-8").count("<rect") == 1


def _result(*, rate: float) -> Result:
    rows = {SHOP: _row(rate), REFERENCE: _row(50.0)}
    return Result(10_000, 0, 1.0, {"LIST": rows}, {"COLD START, s": 2.0})


def _row(rate: float) -> Row:
    return Row([rate], [1.0], [2.0], [3.0], [4.0], statements=1.0)


def _first_cells(shown: str) -> list[str]:
    return [line.split("|")[1].strip() for line in shown.splitlines()[2:]]
