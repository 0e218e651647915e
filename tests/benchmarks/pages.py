"""Writes what was measured into the documentation: a table between two marks, and a plot beside the page."""

import os
import platform
from html import escape
from pathlib import Path

from config.environment import CHECKOUT
from tests.benchmarks.measuring import Result
from tests.benchmarks.report import figures, table
from tests.benchmarks.stand import PLAIN, REFERENCE

DOCS = CHECKOUT / "docs"
_BAR, _LEFT, _WIDTH = 18, 90, 640
_COLOURS = {REFERENCE: "#2563eb", PLAIN: "#9ca3af"}


def marks(products: int) -> tuple[str, str]:
    """What stands before and behind the figures of a size."""
    return f"<!-- figures of {products} products -->", f"<!-- end of figures of {products} products -->"


def write_docs(result: Result, docs: Path = DOCS) -> None:
    """Put the figures in place of those between the marks, and draw the plot; raises ValueError without marks."""
    page = docs / "performance.md"
    text = page.read_text(encoding="utf-8")
    first, last = marks(result.products)
    begin, end = text.index(first) + len(first), text.index(last)
    name = f"performance-{result.products}.svg"
    shown = "\n".join(f"- {line}" for line in figures(result).splitlines())
    body = f"\n{_told(result)}\n\n{table(result)}\n\n{shown}\n\n![How many times as fast]({name})\n"
    page.write_text(text[:begin] + body + text[end:], encoding="utf-8")
    (docs / name).write_text(plot(result), encoding="utf-8")


def _told(result: Result) -> str:
    rounds = max(len(row.rates) for rows in result.rows.values() for row in rows.values())
    return (
        f"{result.products:,} products, {result.orders:,} orders, {rounds} rounds of {result.seconds:g} s, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}:"
    )


def plot(result: Result) -> str:
    """Bars of how many times as fast as the others the shop is, as an SVG; the line says as fast."""
    bars = [
        (step, other, ratio)
        for step in result.rows
        for other in (REFERENCE, PLAIN)
        if (ratio := result.ratio(step, other)) is not None
    ]
    most = max([ratio for _step, _other, ratio in bars] + [1.0])
    scale = (_WIDTH - _LEFT - 160) / most
    height = _BAR * len(bars) + 12
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif"']
    parts[0] += ' font-size="12">'
    for place, (step, other, ratio) in enumerate(bars):
        top = _BAR * place + 4
        parts += [
            f'<text x="{_LEFT - 6}" y="{top + 12}" text-anchor="end">{escape(step)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{ratio * scale:.1f}" height="{_BAR - 4}" fill="{_COLOURS[other]}"/>',
            f'<text x="{_LEFT + ratio * scale + 6:.1f}" y="{top + 12}">{ratio:.2f} × {escape(other)}</text>',
        ]
    parts.append(f'<line x1="{_LEFT + scale:.1f}" x2="{_LEFT + scale:.1f}" y1="0" y2="{height}" stroke="#dc2626"/>')
    return "\n".join([*parts, "</svg>", ""])
