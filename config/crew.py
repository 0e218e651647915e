"""The running programs under one roof: their output with a name before it, a new start for one that dies."""

import contextlib
import os
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.processes import Ledger, Program, end, end_group, spawn

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
STEADY_SECONDS = 60.0
REMEMBERED_LINES = 20


@dataclass
class Member:
    """A program of the crew and its process of the moment."""

    program: Program
    process: subprocess.Popen[bytes]
    log: Path | None = None
    started_at: float = field(default_factory=time.monotonic)
    wait_seconds: float = FIRST_WAIT_SECONDS
    start_again_at: float | None = None
    unfinished_line: bytes = b""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LINES))


class Crew:
    """Starts, watches and ends programs; everything happens in the thread that calls `tick`.

    `obey` raises when the run is to end; it is called wherever the crew waits, except while it stops.
    """

    def __init__(
        self, *, say: Callable[[str, str], None], ledger: Ledger, obey: Callable[[], None] = lambda: None
    ) -> None:
        self.members: list[Member] = []
        self.say = say
        self.ledger = ledger
        self.obey = obey
        self.selector = selectors.DefaultSelector()

    def start(self, program: Program) -> Member:
        """Start a program whose output is shown."""
        member = Member(program, spawn(program, output=subprocess.PIPE))
        self.members.append(member)
        self._listen(member)
        self._remember()
        return member

    def adopt(self, program: Program, process: subprocess.Popen[bytes], log: Path) -> None:
        """Take over a server that already runs and writes to a log of its own."""
        self.members.append(Member(program, process, log))
        self._remember()

    def run(self, program: Program) -> tuple[int, list[str]]:
        """Run a program to its end and return its exit status and what it said."""
        member = self.start(program)
        while member.process.poll() is None:
            self.show(0.1)
            self.obey()
        self.show(0)
        self._forget(member)
        return member.process.returncode, list(member.lines)

    def tick(self, seconds: float = 0.5) -> None:
        """Show what was said for at most this long, and start again who died and has waited enough."""
        self.show(seconds)
        self.obey()
        for member in self.members:
            if member.start_again_at is None and member.process.poll() is not None:
                self._note_end(member)
            elif member.start_again_at is not None and time.monotonic() >= member.start_again_at:
                self._start_again(member)

    def show(self, seconds: float) -> None:
        """Pass on output, waiting at most this long for some."""
        if not self.selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self.selector.select(seconds):
            self._read(key.data, key.fd)

    def stop(self, *names: str) -> None:
        """End these programs, all at once, still showing what they say."""
        chosen = [member for member in self.members if member.program.name in names]
        for member in chosen:
            member.start_again_at = None
        end([(member.program, member.process) for member in chosen], meanwhile=lambda: self.show(0.1))
        self.show(0)
        for member in chosen:
            self._forget(member)

    def hurry(self, *names: str) -> None:
        """Kill these programs without waiting for what they are doing."""
        for member in self.members:
            if member.program.name in names:
                end_group(member.process.pid)

    def _note_end(self, member: Member) -> None:
        end_group(member.process.pid)
        if time.monotonic() - member.started_at > STEADY_SECONDS:
            member.wait_seconds = FIRST_WAIT_SECONDS
        status = member.process.returncode
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        self.say(member.program.name, f"{how}; starting it again in {member.wait_seconds:.0f} s")
        member.start_again_at = time.monotonic() + member.wait_seconds
        member.wait_seconds = min(2 * member.wait_seconds, LONGEST_WAIT_SECONDS)

    def _start_again(self, member: Member) -> None:
        self._close(member)
        if member.log:
            with member.log.open("ab") as log:
                member.process = spawn(member.program, output=log)
        else:
            member.process = spawn(member.program, output=subprocess.PIPE)
            self._listen(member)
        member.started_at, member.start_again_at = time.monotonic(), None
        self._remember()

    def _listen(self, member: Member) -> None:
        if member.process.stdout:
            os.set_blocking(member.process.stdout.fileno(), False)
            self.selector.register(member.process.stdout, selectors.EVENT_READ, member)

    def _read(self, member: Member, output: int) -> None:
        try:
            chunk = os.read(output, 65536)
        except BlockingIOError:
            return
        if not chunk:
            self._close(member)
            return
        *lines, member.unfinished_line = (member.unfinished_line + chunk).split(b"\n")
        for line in lines:
            self._say(member, line)

    def _close(self, member: Member) -> None:
        if member.unfinished_line:
            self._say(member, member.unfinished_line)
            member.unfinished_line = b""
        if member.process.stdout and not member.process.stdout.closed:
            with contextlib.suppress(KeyError):
                self.selector.unregister(member.process.stdout)
            member.process.stdout.close()

    def _say(self, member: Member, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        member.lines.append(text)
        self.say(member.program.name, text)

    def _forget(self, member: Member) -> None:
        self._close(member)
        self.members.remove(member)
        self._remember()

    def _remember(self) -> None:
        self.ledger.write((member.program, member.process) for member in self.members if member.log is None)
