"""Measures steps in rounds that alternate between the shop and what it is compared with."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self
from urllib.parse import urlsplit

from config.environment import DATA
from tests.benchmarks import web, wire
from tests.benchmarks.counting import counted_statements
from tests.benchmarks.load import Group, Outcome, Session, closed_loop, single_calls
from tests.benchmarks.servers import KeptServers, kept_servers, processor_seconds
from tests.benchmarks.shop_data import Size, copy_database, prepared_database
from tests.benchmarks.stand import CONNECTIONS, PLAIN, REFERENCE, SHOP, Stand, Step
from tests.benchmarks.supplies import read_supplies

MOST_CALLS_A_SECOND = 1_200  # of those that can be made once only: so many are prepared
APPLICATIONS = {
    SHOP: (web.SHOP, "tests.benchmarks.settings"),
    REFERENCE: (web.REFERENCE, "tests.benchmarks.settings"),
    PLAIN: (web.PLAIN, "tests.benchmarks.plain_settings"),
}


@dataclass(frozen=True)
class Effort:
    """How often and how long each is measured, and by how many calls it is warmed up, compared and counted."""

    rounds: int = 3
    seconds: float = 5.0
    warm_up_seconds: float = 1.0
    compared_bodies: int = 40
    counted_calls: int = 40


class BenchError(Exception):
    """What was to be measured does not answer as it should; the message says how."""


@dataclass
class Row:
    """What one step came to for one of those who answer it, round by round.

    Rates are calls (of a flow: whole flows) a second, latencies those of a call in milliseconds, processor time is
    milliseconds a call: of the web server, and of database and cache together. Statements are those of a call; `sql`
    says which, and how often each came, BEGIN and COMMIT included.
    """

    rates: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    web_cpu_ms: list[float] = field(default_factory=list)
    data_cpu_ms: list[float] = field(default_factory=list)
    statements: float = 0.0
    transactions: float = 0.0
    bytes_per_call: float = 0.0
    sql: dict[str, float] = field(default_factory=dict)


ROUNDS = ("rates", "p50_ms", "p99_ms", "web_cpu_ms", "data_cpu_ms")  # what a row holds a value of for each round


@dataclass
class Result:
    """All that one run has measured: rows by step and then by who answered, and single figures by name."""

    products: int
    orders: int
    seconds: float
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    def ratio(self, step: str, other: str, *, of_processors: bool = False) -> float | None:
        """How many times as fast as another the shop is, by the median of the rounds' own ratios."""
        rows = self.rows[step]
        if other not in rows:
            return None
        if of_processors:
            return median(
                theirs / own for own, theirs in zip(processor_ms(rows[SHOP]), processor_ms(rows[other]), strict=True)
            )
        return median(own / theirs for own, theirs in zip(rows[SHOP].rates, rows[other].rates, strict=True))

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> Self:
        """What `as_json` told of."""
        rows = {step: {name: Row(**row) for name, row in those.items()} for step, those in told["rows"].items()}
        return cls(told["products"], told["orders"], told["seconds"], rows, told["figures"])

    def add(self, other: Self) -> None:
        """Take the rounds of another run of the same steps as further ones; single figures are those of the last."""
        for step, rows in other.rows.items():
            for name, row in rows.items():
                mine = self.rows.setdefault(step, {}).setdefault(name, Row())
                for values, more in ((getattr(mine, each), getattr(row, each)) for each in ROUNDS):
                    values.extend(more)
                mine.statements, mine.transactions = row.statements, row.transactions
                mine.bytes_per_call, mine.sql = row.bytes_per_call, row.sql
        self.figures |= other.figures

    def as_json(self) -> dict[str, Any]:
        """Everything, with the machine that it was measured on."""
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
        return {**asdict(self), **machine}


def processor_ms(row: Row) -> list[float]:
    """Milliseconds of a call, of everybody who worked for it."""
    return [own + data for own, data in zip(row.web_cpu_ms, row.data_cpu_ms, strict=True)]


@contextmanager
def standing(size: Size, answerers: set[str], folder: Path = DATA / "bench") -> Iterator[Stand]:
    """Yield a stand with its servers up, on a fresh copy of the shop's data; the folder keeps the data itself."""
    with ExitStack() as stack:
        servers = stack.enter_context(kept_servers(folder))
        template = prepared_database(servers.database.url, size)
        url = copy_database(servers.database.url, template, "bench_run")
        supplies = read_supplies(url)
        webs = {
            name: stack.enter_context(serve(name, servers, url))
            for name in (SHOP, REFERENCE, PLAIN)
            if name in answerers
        }
        yield Stand(servers, url, webs, supplies)


def serve(name: str, servers: KeptServers, url: str) -> Any:
    """The web server of one of those who answer, as a context."""
    application, settings = APPLICATIONS[name]
    return web.serving(
        name.replace(" ", "-"),
        application,
        web.environment(database_url=url, cache_url=servers.cache_url, settings=settings, media=servers.folder),
        first=wire.get("/products/"),
        log=servers.folder / "web.log",
    )


def measure(stand: Stand, step: Step, result: Result, effort: Effort, *, say: Callable[[str], object]) -> None:
    """Compare the bodies, warm up, measure the rounds, and count the statements of a step."""
    paths = step.paths(stand.supplies) if step.paths else []
    if REFERENCE in step.answerers:
        check_same_bodies(stand, paths, most=effort.compared_bodies)
    for name in step.answerers if effort.warm_up_seconds else ():
        _read_once(stand, step, name, paths)
    rows = result.rows.setdefault(step.name, {name: Row() for name in step.answerers})
    for name in step.answerers if effort.warm_up_seconds else ():
        _run(stand, step, name, seconds=effort.warm_up_seconds)
    for number in range(effort.rounds):
        order = step.answerers if number % 2 == 0 else step.answerers[::-1]
        for name in order:
            _measure_round(stand, step, name, rows[name], effort.seconds)
        say(f"{step.name}: " + ", ".join(f"{name} {rows[name].rates[-1]:,.0f}/s" for name in step.answerers))
    for name in step.answerers:
        _count(stand, step, name, rows[name], calls=effort.counted_calls)


def check_same_bodies(stand: Stand, paths: list[str], *, most: int) -> None:
    """Raise BenchError unless the reference answers each path as the shop does, estimates of numbers aside."""
    for path in paths[:: max(1, len(paths) // most)]:
        own, theirs = (_body(stand.webs[name], path) for name in (SHOP, REFERENCE))
        if own.get("count_is_estimate") and theirs.get("count_is_estimate"):
            own["count"] = theirs["count"]
        if own != theirs:
            raise BenchError(f"The reference answers {path} in another way than the shop:\n{theirs}\n{own}")


def _body(server: web.WebServer, path: str) -> dict[str, Any]:
    answer = server.ask(wire.get(path))
    if answer.status != 200:
        raise BenchError(f"{server.name} answers {path} with {answer.status}")
    body: dict[str, Any] = json.loads(answer.body)
    return body


def _read_once(stand: Stand, step: Step, name: str, paths: list[str]) -> None:
    """Have everything that the step reads seen, as it has been in a shop that is open."""
    group = Group(step.name, single_calls(wire.get(path) for path in paths), CONNECTIONS, step.good)
    closed_loop(stand.webs[name].address, [group], seconds=600)


def _run(stand: Stand, step: Step, name: str, *, seconds: float) -> Outcome:
    sessions = step.sessions(stand, int(seconds * MOST_CALLS_A_SECOND) + CONNECTIONS)
    group = Group(step.name, sessions, CONNECTIONS, step.good)
    return closed_loop(stand.webs[name].address, [group], seconds=seconds)[step.name]


def _measure_round(stand: Stand, step: Step, name: str, row: Row, seconds: float) -> None:
    server, before = stand.webs[name], _spent(stand, name)
    outcome = _run(stand, step, name, seconds=seconds)
    web_seconds, data_seconds = (after - began for after, began in zip(_spent(stand, name), before, strict=True))
    calls = len(outcome.latencies)
    row.rates.append(outcome.rate / step.calls)
    row.p50_ms.append(outcome.percentile(0.5) * 1000)
    row.p99_ms.append(outcome.percentile(0.99) * 1000)
    row.web_cpu_ms.append(web_seconds * 1000 / calls)
    row.data_cpu_ms.append(data_seconds * 1000 / calls)
    row.bytes_per_call = outcome.bytes_received / calls
    assert server.process.poll() is None


def _spent(stand: Stand, name: str) -> tuple[float, float]:
    servers = stand.servers
    return (
        stand.webs[name].processor_seconds(),
        servers.database.processor_seconds() + processor_seconds(servers.cache_pid),
    )


def _count(stand: Stand, step: Step, name: str, row: Row, *, calls: int) -> None:
    """By some calls on one connection, once every thread of the server has its own to the database."""
    database = urlsplit(stand.database_url).path[1:]
    some = Group(step.name, _first_calls(step.sessions(stand, calls), calls), 1, step.good)
    with counted_statements(stand.servers.database.url, database) as counted:
        outcome = closed_loop(stand.webs[name].address, [some], seconds=60)[step.name]
    made = len(outcome.latencies)
    row.statements, row.transactions = counted.statements / made, counted.transactions / made
    row.sql = {query: round(times / made, 2) for query, times in counted.calls.items()}


def _first_calls(sessions: Iterator[Session], most: int) -> Iterator[Session]:
    """The same sessions, ended after so many calls; flows, whose lengths divide that number, are not cut short."""
    made = 0

    def limited(session: Session) -> Session:
        nonlocal made
        request = next(session, None)
        while request is not None and made < most:
            made += 1
            answer = yield request
            try:
                request = session.send(answer)
            except StopIteration:
                return

    for session in sessions:
        if made >= most:
            return
        yield limited(session)
