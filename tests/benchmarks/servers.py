"""The servers of benchmarks: the embedded PostgreSQL, durable as in production, and the embedded Valkey."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config import embedded_postgres, embedded_valkey
from config.embedded import Home, Server, find_home, remember_address, start_on_free_port
from config.environment import DATA
from config.processes import end
from config.throw_away import PREFIX, home_in

# The last is for when the settings are read again: what initdb writes there fails, in the middle of a transaction.
_SETTINGS = """
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = 'none'
default_text_search_config = 'pg_catalog.english'
"""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class BenchServer:
    """Where it answers, and which process it is."""

    url: str
    pid: int

    def processor_seconds(self) -> float:
        """Return what the server has cost so far, with all processes that it ever had."""
        return processor_seconds(self.pid)


@dataclass(frozen=True)
class KeptServers:
    """The servers that outlast a run, with the data that was made for it."""

    folder: Path
    database: BenchServer
    cache_url: str
    cache_pid: int


def processor_seconds(pid: int) -> float:
    """What a process has cost so far, with all children that it ever had."""
    seconds = _seconds(pid, with_ended_children=True)
    for child in children_of(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            seconds += _seconds(child, with_ended_children=False)
    return seconds


def children_of(pid: int) -> list[int]:
    """The processes that this one has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


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


@contextmanager
def kept_servers(folder: Path) -> Iterator[KeptServers]:
    """Yield durable servers whose data stays in the folder for the next run; one run at a time.

    PostgreSQL counts statements where it is told to (`counting.py`); until then that costs nothing.
    """
    home = _kept_home(folder)
    running: list[Server] = []
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (folder / "postgres.log").open("ab") as log:
            running.append(start_on_free_port(lambda: _start_counting_postgres(home, log)))
        with (folder / "valkey.log").open("ab") as log:
            address = remember_address(home, "valkey")
            running.append(start_on_free_port(lambda: embedded_valkey.start(home, address, durable=True, log=log)))
        database, cache = running
        yield KeptServers(folder, BenchServer(database.url, database.process.pid), cache.url, cache.process.pid)
    finally:
        end((server.program, server.process) for server in running)
        os.close(lock)


def _kept_home(folder: Path) -> Home:
    checkout, home = find_home(DATA), find_home(folder)
    for program in (embedded_postgres.unpack(checkout), embedded_valkey.place_program(checkout)):
        if not (home.path / program.name).exists():
            (home.path / program.name).symlink_to(program)
    return home


def _start_counting_postgres(home: Home, log: IO[bytes]) -> Server:
    address = remember_address(home, "postgres")
    data = embedded_postgres.initialise(home, embedded_postgres.unpack(home), address)
    settings = data / "postgresql.auto.conf"
    if "pg_stat_statements" not in settings.read_text(encoding="utf-8"):
        with settings.open("a", encoding="utf-8") as file:
            file.write(_SETTINGS)
    return embedded_postgres.start(home, address, durable=True, log=log)
