"""How fast catalogues are imported: `make bench-imports`, or `python -m tests.benchmarks.imports --products N`.

Each round measures, on empty databases of one durable server: the two references (import_reference.py), the import of a
new file, and the same file again. Only what one run measured side by side is compared. Where neighbours share the
machine, processor seconds (of the command and of the server together) say more than the clock.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psycopg2

from tests.benchmarks import import_reference
from tests.benchmarks.catalogue_file import count_rows, write_catalogue
from tests.benchmarks.servers import BenchServer, durable_postgres
from tests.benchmarks.shop_data import migrate, with_database

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# Prints the peak of the process's own memory in MiB; ru_maxrss would begin with the size of its parent.
_MEASURED = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""
# A row that is written anew has another place or transaction, even if it says the same.
_TABLES = (
    *("products_product", "products_productvariation", "products_product_categories", "products_productlisting"),
    *("products_productimage", "products_category", "products_stockmovement", "common_importbatch"),
    *("common_importchange", "products_importfingerprint"),
)
STEPS = ("reference", "bare_reference", "new", "unchanged")


@dataclass
class Result:
    """Seconds by round, by the clock and of processors, of each step; peaks of the process's memory in MiB."""

    products: int
    rows: int
    file_bytes: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STEPS})
    processor_seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STEPS})
    peak_mib: dict[str, int] = field(default_factory=dict)
    writes_of_unchanged: int = 0

    def rate(self, name: str) -> float:
        """Rows a second, by the median of the rounds."""
        return self.rows / median(self.seconds[name])

    def ratio(self, name: str, *, to: str, of_processors: bool = False) -> float:
        """How many times as fast as another step, by the median of the rounds' own ratios."""
        seconds = self.processor_seconds if of_processors else self.seconds
        return median(other / own for own, other in zip(seconds[name], seconds[to], strict=True))


class Bench:
    """Runs rounds on databases of its own, on copies of the server's database once that is migrated."""

    def __init__(self, server: BenchServer, folder: Path, *, products: int) -> None:
        self._server = server
        migrate(server.url)
        self._path = folder / "catalogue.csv"
        write_catalogue(self._path, products=products)
        self.result = Result(products, count_rows(products), self._path.stat().st_size)

    def run_round(self, number: int) -> None:
        """Measure each step once; every other round the other way round, so that none always comes first."""
        steps: list[Callable[[], None]] = [self._reference, self._bare_reference, self._import]
        for step in steps if number % 2 == 0 else reversed(steps):
            step()

    def _reference(self) -> None:
        self._measure_reference("reference", with_links=True)

    def _bare_reference(self) -> None:
        self._measure_reference("bare_reference", with_links=False)

    def _measure_reference(self, name: str, *, with_links: bool) -> None:
        connection = psycopg2.connect(self._fresh_database())
        try:
            with self._measured(name):
                import_reference.load(connection, self._path, with_links=with_links)
        finally:
            connection.close()

    def _import(self) -> None:
        url = self._fresh_database()
        assert self._measure_import("new", url).startswith(f"{self.result.rows} changed: {self.result.rows} created")
        _execute(url, "VACUUM ANALYZE")  # as autovacuum does before the next file comes
        before = _row_versions(url)
        told = self._measure_import("unchanged", url)
        assert told == f"0 changed: 0 created, 0 updated, {self.result.rows} unchanged, 0 refused", told
        self.result.writes_of_unchanged += _row_versions(url) != before

    def _measure_import(self, name: str, url: str) -> str:
        with self._measured(name):
            finished = subprocess.run(
                [sys.executable, "-c", _MEASURED, "import_products", str(self._path)],
                cwd=CHECKOUT,
                env={**os.environ, "DATABASE_URL": url},
                capture_output=True,
                text=True,
                check=False,
            )
        assert finished.returncode == 0, finished.stderr
        *told, peak = finished.stdout.splitlines()
        self.result.peak_mib[name] = max(int(peak), self.result.peak_mib.get(name, 0))
        return told[-1]

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        began, spent = time.perf_counter(), self._processor_seconds()
        yield
        self.result.seconds[name].append(time.perf_counter() - began)
        self.result.processor_seconds[name].append(self._processor_seconds() - spent)

    def _processor_seconds(self) -> float:
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        clients = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        return clients + self._server.processor_seconds()

    def _fresh_database(self) -> str:
        url = with_database(self._server.url, "bench_round")
        template = urlsplit(self._server.url).path.lstrip("/")
        maintenance = with_database(self._server.url, "postgres")
        _execute(maintenance, "DROP DATABASE IF EXISTS bench_round WITH (FORCE)")
        _execute(maintenance, f'CREATE DATABASE bench_round TEMPLATE "{template}"')
        _execute(maintenance, "CHECKPOINT")
        return url


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _row_versions(url: str) -> list[object]:
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        found: list[object] = []
        for table in _TABLES:
            cursor.execute(
                f"SELECT '{table}', concat_ws(' ', count(*), sum(hashtextextended(concat(ctid, xmin, xmax), 0)))"
                f" FROM {table}"
            )
            found.append(cursor.fetchone())
        return found
    finally:
        connection.close()


def report(result: Result) -> str:
    """Return the figures as a table of Markdown."""
    lines = ["| step | rows/s | seconds | processor seconds | peak MiB |", "| --- | ---: | --- | --- | ---: |"]
    for name in STEPS:
        seconds, spent = (
            ", ".join(f"{each:.1f}" for each in of[name]) for of in (result.seconds, result.processor_seconds)
        )
        lines.append(f"| {name} | {result.rate(name):,.0f} | {seconds} | {spent} | {result.peak_mib.get(name, '')} |")
    lines.append("")
    for name in ("reference", "bare_reference"):
        by_clock, by_processor = (result.ratio("new", to=name, of_processors=each) for each in (False, True))
        lines.append(f"new against {name}: {by_clock:.2f} by the clock, {by_processor:.2f} of processors")
    lines.append(f"rounds in which the unchanged file wrote a row: {result.writes_of_unchanged}")
    return "\n".join(lines)


def main() -> None:
    """Run the rounds on a server of its own, print the table and write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    with durable_postgres() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder), products=options.products)
        for number in range(options.rounds):
            bench.run_round(number)
            sys.stdout.write(f"\nround {number + 1} of {options.rounds}, {options.products} products\n\n")
            sys.stdout.write(report(bench.result) + "\n")
            sys.stdout.flush()
        if options.json:
            figures = {**asdict(bench.result), "cores": os.cpu_count(), "python": platform.python_version()}
            options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
