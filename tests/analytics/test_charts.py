"""Bar charts: a round scale, bars from the zero line, few labels."""

from decimal import Decimal

import pytest

from analytics.charts import HEIGHT, Point, bar_chart


def points(*values: str) -> list[Point]:
    return [Point(label=str(index), value=Decimal(value), title=value) for index, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        (("0", "1980.50"), ["0", "500", "1k", "1.5k", "2k"]),
        (("2000",), ["0", "500", "1k", "1.5k", "2k"]),
        (("2001",), ["0", "1k", "2k", "3k"]),
        (("0.30", "0.10"), ["0", "0.1", "0.2", "0.3"]),
        (("4000000",), ["0", "1M", "2M", "3M", "4M"]),
        (("100", "-50"), ["-50", "0", "50", "100"]),
        (("-30",), ["-30", "-20", "-10", "0", "10"]),
        (("0", "0"), ["0", "1"]),
        ((), ["0", "1"]),
    ],
)
def test_scale_is_round_and_holds_every_value(values: tuple[str, ...], ticks: list[str]) -> None:
    chart = bar_chart(points(*values))

    assert [tick.label for tick in chart.ticks] == ticks
    assert chart.ticks[-1].percent == 0
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.01 for bar in chart.bars)


def test_bars_stand_on_or_hang_from_the_zero_line() -> None:
    up, down, none = bar_chart(points("100", "-50", "0")).bars

    assert (up.y, up.height) == (0, HEIGHT * 2 / 3)
    assert (down.y, down.height) == (HEIGHT * 2 / 3, HEIGHT / 3)
    assert none.height == 0


def test_many_bars_share_at_most_eight_labels_of_the_whole_width() -> None:
    labels = bar_chart(points(*["1"] * 30)).labels

    assert [label.text for label in labels] == ["0", "4", "8", "12", "16", "20", "24", "28"]
    assert sum(label.share for label in labels) == 30


def test_nothing_but_zeros_is_empty() -> None:
    assert bar_chart(points("0", "0")).is_empty
    assert not bar_chart(points("0", "-1")).is_empty


def test_what_it_is_compared_with_is_a_line_that_the_scale_holds() -> None:
    (bar,) = bar_chart([Point(label="", value=Decimal(50), title="", before=Decimal(100))]).bars

    assert (bar.before_y, bar.height) == (0, HEIGHT / 2)
    assert bar_chart(points("1")).bars[0].before_y is None


def test_part_of_a_bar_stands_on_the_zero_line() -> None:
    (bar,) = bar_chart([Point(label="", value=Decimal(100), title="", part=Decimal(25))]).bars

    assert (bar.part_y, bar.part_height) == (HEIGHT * 3 / 4, HEIGHT / 4)


@pytest.mark.parametrize(("most", "ticks"), [("1", ["0", "1"]), ("9", ["0", "3", "6", "9"])])
def test_scale_of_counts_is_whole(most: str, ticks: list[str]) -> None:
    assert [tick.label for tick in bar_chart(points(most), counts=True).ticks] == ticks
