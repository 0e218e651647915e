"""Shows what was measured: as tables for terminals and pages alike."""

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.measuring import Result, Row, processor_ms
from tests.benchmarks.stand import PLAIN, REFERENCE, SHOP

HEADINGS = (
    *("step", "a second", "p50 ms", "p99 ms", "SQL", "CPU ms", "reference", "× reference", "× by CPU", "× plain DRF"),
)
COMPARED = ("step", "before", "after", "times", "× by CPU", "SQL before", "SQL after", "p99 before", "p99 after")


def table(result: Result) -> str:
    """A row for each step: the shop's medians, and how many times as fast as the others it is."""
    return _table(HEADINGS, [_line(result, step, rows) for step, rows in result.rows.items()])


def comparison(after: Result, before: Result) -> str:
    """A row for each step that both have: how many times as fast the shop has become."""
    steps = [step for step in after.rows if step in before.rows]
    lines = [_compared(step, after.rows[step][SHOP], before.rows[step][SHOP]) for step in steps]
    singles = [
        f"{name}: {before.figures[name]:,.2f} before, {value:,.2f} after"
        for name, value in after.figures.items()
        if name in before.figures
    ]
    return "\n".join([_table(COMPARED, lines), "", *singles])


def figures(result: Result) -> str:
    """What is no rate, line by line."""
    return "\n".join(f"{name}: {value:,.2f}" for name, value in result.figures.items())


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---" if place == 0 else "---:" for place in range(len(headings))], *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    return "\n".join("| " + " | ".join(_padded(line, widths)) + " |" for line in lines)


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = line
    return [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]


def _line(result: Result, step: str, rows: dict[str, Row]) -> tuple[str, ...]:
    row, reference = rows[SHOP], rows.get(REFERENCE)
    return (
        step,
        _number(median(row.rates)),
        f"{median(row.p50_ms):.1f}",
        f"{median(row.p99_ms):.1f}",
        _count(row.statements),
        f"{median(processor_ms(row)):.2f}",
        _number(median(reference.rates)) if reference else "",
        _times(result.ratio(step, REFERENCE)),
        _times(result.ratio(step, REFERENCE, of_processors=True)),
        _times(result.ratio(step, PLAIN)),
    )


def _compared(step: str, after: Row, before: Row) -> tuple[str, ...]:
    faster = [new / old for new, old in zip(after.rates, before.rates, strict=False)]
    cheaper = [old / new for new, old in zip(processor_ms(after), processor_ms(before), strict=False)]
    return (
        step,
        _number(median(before.rates)),
        _number(median(after.rates)),
        _times(median(faster)),
        _times(median(cheaper)),
        _count(before.statements),
        _count(after.statements),
        f"{median(before.p99_ms):.1f}",
        f"{median(after.p99_ms):.1f}",
    )


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _count(statements: float) -> str:
    return f"{statements:.1f}".removesuffix(".0")


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"
