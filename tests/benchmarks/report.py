"""Shows what was measured: as a table for terminals and pages alike, and as JSON."""

from statistics import median

from tests.benchmarks.measuring import Result, Row
from tests.benchmarks.stand import PLAIN, REFERENCE, SHOP

HEADINGS = (
    *("step", "a second", "p50 ms", "p99 ms", "SQL", "CPU ms", "reference", "× reference", "× by CPU", "× plain DRF"),
)


def table(result: Result) -> str:
    """A row for each step: the shop's medians, and how many times as fast as the others it is."""
    lines = [HEADINGS, tuple("---" if place == 0 else "---:" for place in range(len(HEADINGS)))]
    lines += [_line(result, step, rows) for step, rows in result.rows.items()]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADINGS))]
    return "\n".join("| " + " | ".join(_padded(line, widths)) + " |" for line in lines)


def _padded(line: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *rest = line
    padded = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
    return [first.ljust(widths[0]), *padded]


def _line(result: Result, step: str, rows: dict[str, Row]) -> tuple[str, ...]:
    row = rows[SHOP]
    reference = rows.get(REFERENCE)
    return (
        step,
        _number(median(row.rates)),
        f"{median(row.p50_ms):.1f}",
        f"{median(row.p99_ms):.1f}",
        f"{row.statements:.1f}".removesuffix(".0"),
        f"{median(row.web_cpu_ms) + median(row.data_cpu_ms):.2f}",
        _number(median(reference.rates)) if reference else "",
        _times(result.ratio(step, REFERENCE)),
        _times(result.ratio(step, REFERENCE, of_processors=True)),
        _times(result.ratio(step, PLAIN)),
    )


def figures(result: Result) -> str:
    """What is no rate, line by line."""
    return "\n".join(f"{name}: {value:,.2f}" for name, value in result.figures.items())


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"
