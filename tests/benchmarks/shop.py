"""How fast the shop answers: `make bench`, or `python -m tests.benchmarks.shop --products N --rounds R`.

The shop runs behind the command line of `make run` with two worker processes and production's settings, on durable
servers, beside the reference (reference.py) and plain Django REST framework (plain.py) on the same data. Only what one
run measured side by side is compared. Where neighbours share the machine, processor time says more than the clock.
"""

import argparse
import json
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import extras
from tests.benchmarks.measuring import Effort, Result, measure, standing
from tests.benchmarks.pages import write_docs
from tests.benchmarks.reads import READS
from tests.benchmarks.report import comparison, figures, table
from tests.benchmarks.shop_data import Size
from tests.benchmarks.stand import SHOP, Stand
from tests.benchmarks.writes import WRITES

STEPS = (*READS, *WRITES)
EXTRAS = ("FLASH", "AGGREGATE", "COLD START", "IMPORT")


@dataclass(frozen=True)
class Wanted:
    """What to measure, and with how much effort; `rate` is of checkouts that come by themselves."""

    effort: Effort
    only: Collection[str] = ()
    rate: float = 0.0

    def includes(self, name: str) -> bool:
        """Whether the step is wanted."""
        return not self.only or name in self.only


def run(size: Size, wanted: Wanted) -> Result:
    """Measure what is wanted."""
    steps = [step for step in STEPS if wanted.includes(step.name)]
    result = Result(size.products, size.orders, wanted.effort.seconds)
    say("making the data and starting the servers")
    with standing(size, {name for step in steps for name in step.answerers} | {SHOP}) as stand:
        for step in steps:
            measure(stand, step, result, wanted.effort, say=say)
        _measure_extras(stand, result, wanted)
    if wanted.includes("IMPORT"):
        say("IMPORT")
        extras.measure_imports(result, rounds=1)
    return result


def _measure_extras(stand: Stand, result: Result, wanted: Wanted) -> None:
    rounds, seconds = wanted.effort.rounds, wanted.effort.seconds
    if wanted.rate:
        say("open CHECKOUT")
        extras.measure_open_checkouts(stand, result, rate=wanted.rate, seconds=seconds * rounds)
    if wanted.includes("FLASH"):
        say("FLASH")
        extras.measure_flash(stand, result, rounds=rounds, seconds=seconds)
    memory = stand.shop.memory()
    result.figures["MEMORY, two web processes, MiB resident"] = memory.workers_rss
    result.figures["MEMORY, whole web server, MiB of its own"] = memory.all_pss
    if wanted.includes("AGGREGATE"):
        say("AGGREGATE")
        extras.measure_aggregates(stand, result, rounds=rounds)
    if wanted.includes("COLD START"):
        extras.measure_starts(stand, result, rounds=rounds)


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--only", default="", help="names of steps, with commas between them")
    parser.add_argument("--rate", type=float, default=0.0, help="checkouts a second that come by themselves")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--compare", type=Path, help="the figures of an earlier run")
    parser.add_argument("--write-docs", action="store_true", help="put the figures into docs/performance.md")
    options = parser.parse_args()
    only = {name.strip() for name in options.only.split(",") if name.strip()}
    if unknown := only - {step.name for step in STEPS} - {*EXTRAS, "MEMORY"}:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    size = Size(options.products, options.orders)
    result = run(size, Wanted(Effort(options.rounds, options.seconds), only, options.rate))
    sys.stdout.write(f"\n{table(result)}\n\n{figures(result)}\n")
    if options.compare:
        before = Result.of_json(json.loads(options.compare.read_text(encoding="utf-8")))
        sys.stdout.write(f"\n{comparison(result, before)}\n")
    if options.json:
        options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    if options.write_docs:
        write_docs(result)


if __name__ == "__main__":
    main()
