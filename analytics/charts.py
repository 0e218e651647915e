"""Bar charts as numbers that a template draws: no script, and readable without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

WIDTH = 1000
HEIGHT = 240
GAP = 0.25
MOST_LABELS = 8


@dataclass(frozen=True)
class Point:
    """A bar to be: the label below it, its value, and what it says in full.

    `before` is a value to compare it with, drawn as a line; `part` is how much of it is drawn in a second colour.
    """

    label: str
    value: Decimal
    title: str
    before: Decimal | None = None
    part: Decimal = Decimal(0)


@dataclass(frozen=True)
class Bar:
    """A rectangle in a drawing of WIDTH by HEIGHT, and the column that belongs to it (for the mouse)."""

    x: float
    y: float
    width: float
    height: float
    column_x: float
    column_width: float
    title: str
    part_y: float
    part_height: float
    before_y: float | None = None

    @property
    def column_end(self) -> float:
        return round(self.column_x + self.column_width, 2)


@dataclass(frozen=True)
class Tick:
    """A line across the chart, so many per cent from its top."""

    percent: float
    label: str


@dataclass(frozen=True)
class Label:
    """A text below the chart, and how many bars wide its place is."""

    text: str
    share: int


@dataclass(frozen=True)
class Chart:
    """A drawn chart; `is_empty` where no value differs from zero."""

    bars: list[Bar]
    ticks: list[Tick]
    labels: list[Label]
    is_empty: bool
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(points: Sequence[Point], *, counts: bool = False) -> Chart:
    """The points as bars from a zero line, with a scale of round numbers, whole ones for counts.

    Values below zero hang down.
    """
    values = [value for point in points for value in (point.value, point.before) if value is not None]
    highest = max(values, default=Decimal(0))
    lowest = min(values, default=Decimal(0))
    step = _round_step((max(highest, Decimal(0)) - min(lowest, Decimal(0))) / 4)
    if counts:
        step = max(step.to_integral_value(ROUND_CEILING), Decimal(1))
    top = step * max(_steps(highest, step), 1)
    bottom = -step * _steps(-lowest, step)
    return Chart(
        bars=[_bar(point, index, len(points), top, bottom) for index, point in enumerate(points)],
        ticks=[
            Tick(_percent(step * level, top, bottom), _short(step * level))
            for level in range(int(bottom / step), int(top / step) + 1)
        ],
        labels=_labels(points),
        is_empty=not any(point.value for point in points),
    )


def _steps(value: Decimal, step: Decimal) -> int:
    return int((value / step).to_integral_value(ROUND_CEILING)) if value > 0 else 0


def _round_step(raw: Decimal) -> Decimal:
    """The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below the raw step."""
    if raw <= 0:
        return Decimal(1)
    power = Decimal(10) ** raw.adjusted()
    return next(power * factor for factor in map(Decimal, ("1", "2", "2.5", "5", "10")) if power * factor >= raw)


def _percent(value: Decimal, top: Decimal, bottom: Decimal) -> float:
    return round(float((top - value) / (top - bottom) * 100), 3)


def _bar(point: Point, index: int, count: int, top: Decimal, bottom: Decimal) -> Bar:
    column = WIDTH / count
    zero = _percent(Decimal(0), top, bottom) * HEIGHT / 100
    end = _percent(point.value, top, bottom) * HEIGHT / 100
    part_end = _percent(point.part, top, bottom) * HEIGHT / 100
    return Bar(
        x=round(column * (index + GAP / 2), 2),
        y=round(min(zero, end), 2),
        width=round(column * (1 - GAP), 2),
        height=round(abs(zero - end), 2),
        column_x=round(column * index, 2),
        column_width=round(column, 2),
        title=point.title,
        part_y=round(min(zero, part_end), 2),
        part_height=round(abs(zero - part_end), 2),
        before_y=None if point.before is None else round(_percent(point.before, top, bottom) * HEIGHT / 100, 2),
    )


def _labels(points: Sequence[Point]) -> list[Label]:
    """At most eight labels, evenly spread, from the first bar on."""
    every = max(-(-len(points) // MOST_LABELS), 1)
    return [Label(points[index].label, min(every, len(points) - index)) for index in range(0, len(points), every)]


def _short(value: Decimal) -> str:
    for size, name in ((Decimal(1_000_000), "M"), (Decimal(1_000), "k")):
        if abs(value) >= size:
            return f"{(value / size).normalize():f}{name}"
    return f"{value.normalize():f}"
