"""Web servers under measurement: the command line of `make run`, around any WSGI application."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config.embedded import LOOPBACK, any_free_port
from config.environment import CHECKOUT
from config.processes import Program, end, spawn
from config.supervisor import THRIFT, Listen, services
from tests.benchmarks.load import Answer, Group, LoadError, Session, closed_loop
from tests.benchmarks.servers import children_of, processor_seconds

SHOP = "config.wsgi:application"
REFERENCE = "tests.benchmarks.reference:application"
PLAIN = "tests.benchmarks.plain_wsgi:application"
START_SECONDS = 60.0
_MIB = 1024


@dataclass(frozen=True)
class Memory:
    """MiB: resident sets of the worker processes, and what all processes of the server have of their own."""

    workers_rss: float
    all_pss: float


@dataclass(frozen=True)
class WebServer:
    """A server that answers; `first_answer_seconds` is how long that took from its start."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    first_answer_seconds: float

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return LOOPBACK, self.port

    def ask(self, request: bytes) -> Answer:
        """The answer to one request."""
        return ask(self.address, request)

    def processor_seconds(self) -> float:
        """What it has cost so far."""
        return processor_seconds(self.process.pid)

    def memory(self) -> Memory:
        """How much it takes now."""
        workers = children_of(self.process.pid)
        rss = sum(_kib(f"/proc/{pid}/status", "VmRSS") for pid in workers)
        pss = sum(_kib(f"/proc/{pid}/smaps_rollup", "Pss") for pid in (self.process.pid, *workers))
        return Memory(rss / _MIB, pss / _MIB)


def ask(address: tuple[str, int], request: bytes) -> Answer:
    """The answer to one request on a connection of its own."""
    answers: list[Answer] = []

    def once() -> Session:
        answers.append((yield request))

    closed_loop(address, [Group("ask", iter([once()]), 1, range(600))], seconds=START_SECONDS)
    return answers[0]


@contextmanager
def serving(
    name: str, application: str, environment: Mapping[str, str], *, first: bytes, log: Path
) -> Iterator[WebServer]:
    """Yield the application behind the shop's server with its two worker processes, once it answers `first`."""
    port = any_free_port()
    arguments = services(Listen(LOOPBACK, port))["web"]
    arguments[arguments.index(SHOP)] = application
    program = Program(name=name, arguments=tuple(arguments), environment=environment, directory=CHECKOUT)
    with log.open("ab") as output:
        began = time.perf_counter()
        process = spawn(program, output=output)
        try:
            _wait(name, process, (LOOPBACK, port), first, log)
            yield WebServer(name, port, process, time.perf_counter() - began)
        finally:
            end([(program, process)])


def environment(*, database_url: str, cache_url: str, settings: str, media: Path) -> dict[str, str]:
    """What a production process finds, and nothing else of this one's."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **THRIFT,
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": database_url,
        "REDIS_URL": cache_url,
        "SECRET_KEY": "bench-4mN8xQ2vR7tY1wZ5bC9dF3gH6jK0lP8sA2eU4iO7",
        "JWT_SIGNING_KEY": "bench-9zX3cV7bN1mQ5wE8rT2yU6iO0pA4sD8fG3hJ7kL1",
        "ALLOWED_HOSTS": "shop.example",
        "SECURE_SSL_REDIRECT": "false",  # the proxy in front of it, which speaks TLS, is not measured
        "ACCESS_TOKEN_MINUTES": "1000",  # a run goes on for longer than a token
        "MEDIA_ROOT": str(media / "media"),
        "PRIVATE_ROOT": str(media / "private"),
        "PROMETHEUS_MULTIPROC_DIR": str(media / "metrics"),
    }


def _wait(name: str, process: subprocess.Popen[bytes], address: tuple[str, int], first: bytes, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    status = 0
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, LoadError):
            status = ask(address, first).status
            if status == 200:
                return
        time.sleep(0.01)
    raise LoadError(f"{name} did not come up (last status {status}), see {log}")


def _kib(path: str, name: str) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(path).read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0
