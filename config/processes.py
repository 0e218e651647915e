"""Child processes: started so that they end with us, ended in good order, and found again after a crash."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The user that a program runs as where it must be another one than ours."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to start, and how to ask it to end: politely, and after `stop_seconds` not so."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    account: Account | None = None
    standard_input: bytes = field(default=b"", repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 10.0


def spawn(program: Program, *, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, so that Ctrl-C reaches only us, who then end it in order.

    On Linux the kernel sends it its stop signal when we die, however we die. The thread that calls this must
    live as long as the program should.
    """
    account = program.account
    process = subprocess.Popen(
        program.arguments,
        env=dict(program.environment),
        cwd=program.directory,
        stdin=subprocess.PIPE if program.standard_input else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_end_with_parent(os.getpid(), program.stop_signal),  # noqa: PLW1509 - it takes no lock
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if process.stdin:
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(program.standard_input)
    return process


def _end_with_parent(parent: int, stop_signal: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec; a change of user would undo it, so it comes last."""

    def tie() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def end(
    running: Iterable[tuple[Program, subprocess.Popen[bytes]]],
    meanwhile: Callable[[], None] = lambda: time.sleep(POLL_SECONDS),
) -> None:
    """Ask all of them to end at once, wait for each, and make those end that do not."""
    group = list(running)
    for program, process in group:
        if process.poll() is None:
            process.send_signal(program.stop_signal)
    asked = time.monotonic()
    for program, process in group:
        while process.poll() is None and time.monotonic() < asked + program.stop_seconds:
            meanwhile()
        kill(program, process)
        end_group(process.pid)


def kill(program: Program, process: subprocess.Popen[bytes]) -> None:
    """End it without asking: its own hard way first, which for PostgreSQL still leaves the data sound."""
    if process.poll() is None:
        process.send_signal(program.kill_signal)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_group(leader: int) -> None:
    """Kill what a program left in its session, such as the workers of a killed web server."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def birth_of(pid: int) -> str | None:
    """When the process started, in the kernel's ticks: with its id an identity; None when there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *rest = status.rpartition(")")[2].split()
    return None if state in "ZX" else rest[18]


class Ledger:
    """A file that remembers which processes this checkout started, for the run after a crash."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, running: Iterable[tuple[Program, subprocess.Popen[bytes]]]) -> None:
        """Remember exactly these."""
        rows = [
            {"name": program.name, "pid": process.pid, "born": birth_of(process.pid)} for program, process in running
        ]
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(rows), encoding="utf-8")
        temporary.replace(self.path)

    def read(self) -> list[tuple[str, int]]:
        """Name and id of those that still live; an id that went to another process is not among them."""
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []
        return [(row["name"], row["pid"]) for row in rows if row["born"] and birth_of(row["pid"]) == row["born"]]

    def end_leftovers(self, *, patience_seconds: float = 10.0) -> list[str]:
        """End what an earlier run left running (the kernel has asked it already) and return the names."""
        names = [name for name, _ in self.read()]
        for _, pid in self.read():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: not self.read(), patience_seconds):
            for _, pid in self.read():
                end_group(pid)
        self.path.unlink(missing_ok=True)
        return names


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
