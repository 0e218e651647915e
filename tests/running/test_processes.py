"""Child processes: they end with us, in order, and a dead one comes back."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.crew import Crew
from config.environment import CHECKOUT
from config.processes import Ledger, Program, birth_of, end, spawn, wait_until

SPAWN_AND_HANG = """
import sys, time
from pathlib import Path
from config.processes import Program, spawn
process = spawn(Program("sleeper", ("sleep", "60"), {"PATH": "/usr/bin:/bin"}, Path("/")), output=1)
print(process.pid, flush=True)
time.sleep(60)
"""


def program(name: str, script: str, *, stop_seconds: float = 5.0) -> Program:
    return Program(
        name=name,
        arguments=("/bin/sh", "-c", script),
        environment={"PATH": "/usr/bin:/bin"},
        directory=Path("/"),
        stop_seconds=stop_seconds,
    )


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def crew(tmp_path: Path, said: list[tuple[str, str]]) -> Iterator[Crew]:
    crew = Crew(say=lambda name, line: said.append((name, line)), ledger=Ledger(tmp_path / "processes.json"))
    yield crew
    crew.stop(*(member.program.name for member in crew.members))


def tick_until(crew: Crew, said: list[tuple[str, str]], line: tuple[str, str]) -> None:
    deadline = time.monotonic() + 10
    while line not in said and time.monotonic() < deadline:
        crew.tick(0.05)


def test_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", SPAWN_AND_HANG], cwd=CHECKOUT, stdout=subprocess.PIPE, env={**os.environ}
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert birth_of(child) is not None

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert wait_until(lambda: birth_of(child) is None, 5)


def test_child_that_ignores_the_request_to_end_is_killed() -> None:
    deaf = program("deaf", "trap '' TERM; sleep 60", stop_seconds=0.3)
    process = spawn(deaf, output=subprocess.DEVNULL)
    time.sleep(0.2)

    end([(deaf, process)])

    assert process.returncode == -9


def test_ledger_ends_what_a_killed_run_left(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "processes.json")
    left = program("web", "sleep 60 & wait")
    process = spawn(left, output=subprocess.DEVNULL)
    ledger.write([(left, process)])

    assert ledger.end_leftovers() == ["web"]

    assert process.wait(5) == -15
    assert not ledger.path.exists()


def test_ledger_spares_a_stranger_who_got_the_id(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "processes.json")
    stranger = spawn(program("stranger", "sleep 60"), output=subprocess.DEVNULL)
    ledger.path.write_text(f'[{{"name": "web", "pid": {stranger.pid}, "born": "1"}}]')

    assert ledger.end_leftovers() == []

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_lines_come_with_the_name_of_who_says_them(crew: Crew, said: list[tuple[str, str]]) -> None:
    status, lines = crew.run(program("migrate", "echo one; echo two >&2; printf three; exit 3"))

    assert (status, lines) == (3, ["one", "two", "three"])
    assert said == [("migrate", "one"), ("migrate", "two"), ("migrate", "three")]
    assert crew.members == []


def test_one_that_dies_is_started_again(crew: Crew, said: list[tuple[str, str]], tmp_path: Path) -> None:
    crew.start(program("web", f"if mkdir {tmp_path}/first 2>&-; then exit 7; else echo again; sleep 60; fi"))

    tick_until(crew, said, ("web", "again"))

    assert said == [("web", "ended with status 7; starting it again in 1 s"), ("web", "again")]


def test_workers_of_a_dead_one_do_not_outlive_it(crew: Crew, said: list[tuple[str, str]]) -> None:
    crew.start(program("web", "sleep 60 & echo $!; exit 1"))

    tick_until(crew, said, ("web", "ended with status 1; starting it again in 1 s"))

    assert wait_until(lambda: birth_of(int(said[0][1])) is None, 5)


def test_waits_grow_while_it_keeps_dying(crew: Crew, said: list[tuple[str, str]]) -> None:
    crew.start(program("web", "exit 1"))

    tick_until(crew, said, ("web", "ended with status 1; starting it again in 2 s"))

    assert [line for _, line in said] == [
        "ended with status 1; starting it again in 1 s",
        "ended with status 1; starting it again in 2 s",
    ]
