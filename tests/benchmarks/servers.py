"""A PostgreSQL for benchmarks: the embedded one, durable as in production, on an empty folder of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config import embedded_postgres
from config.embedded import Server, remember_address, start_on_free_port
from config.processes import end
from config.throw_away import PREFIX, home_in

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class BenchServer:
    """Where it answers, and which process it is."""

    url: str
    pid: int

    def processor_seconds(self) -> float:
        """Return what the server has cost so far, with all processes that it ever had."""
        seconds = _seconds(self.pid, with_ended_children=True)
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                seconds += _seconds(int(child), with_ended_children=False)
        return seconds


def _seconds(pid: int, *, with_ended_children: bool) -> float:
    """Processor seconds by /proc/PID/stat: fields 14 to 17 are user, system, and both of ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = fields[11:15] if with_ended_children else fields[11:13]
    return sum(map(int, own)) / _TICKS


@contextmanager
def durable_postgres() -> Iterator[BenchServer]:
    """Yield a server with fsync, full_page_writes and synchronous_commit on; it ends with its data."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    running: list[Server] = []
    try:
        home = home_in(folder)
        with (folder / "log").open("ab") as log:
            running.append(
                start_on_free_port(
                    lambda: embedded_postgres.start(home, remember_address(home, "postgres"), durable=True, log=log)
                )
            )
        yield BenchServer(running[0].url, running[0].process.pid)
    finally:
        end((server.program, server.process) for server in running)
        shutil.rmtree(folder, ignore_errors=True)
