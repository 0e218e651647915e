"""Ctrl-C is noted at once and obeyed where everything that was started is known."""

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from config.crew import Crew
from config.processes import Ledger, Program
from config.stopping import SIGNALS, Stop, StopRequests

SLEEPER = Program("sleeper", ("/bin/sleep", "60"), {"PATH": "/usr/bin:/bin"}, Path("/"))


class InterruptedLedger(Ledger):
    """Someone presses Ctrl-C just as a process was started and is about to be written down."""

    def write(self, running: Iterable[tuple[Program, Popen[bytes]]]) -> None:
        """Remember exactly these."""
        os.kill(os.getpid(), signal.SIGINT)
        super().write(running)


@pytest.fixture
def requests() -> Iterator[StopRequests]:
    before = [signal.getsignal(number) for number in SIGNALS]
    requests = StopRequests()
    requests.listen()
    yield requests
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def crew(requests: StopRequests, tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(
        say=lambda _name, _line: None, ledger=InterruptedLedger(tmp_path / "processes.json"), obey=requests.obey
    )
    yield crew
    crew.stop(SLEEPER.name)
    assert crew.members == []


def test_process_started_in_that_moment_is_known_and_the_next_turn_obeys(crew: Crew) -> None:
    member = crew.start(SLEEPER)

    assert crew.members == [member]
    assert crew.ledger.read() == [("sleeper", member.process.pid)]
    with pytest.raises(Stop):
        crew.tick(0)


def test_program_that_is_waited_for_does_not_delay_it(crew: Crew) -> None:
    with pytest.raises(Stop):
        crew.run(SLEEPER)


@pytest.mark.parametrize("number", SIGNALS)
def test_each_of_the_signals_asks_and_a_second_one_urges(number: signal.Signals, requests: StopRequests) -> None:
    urged: list[str] = []
    requests.when_asked_again = lambda: urged.append("again")
    requests.obey()

    os.kill(os.getpid(), number)
    with pytest.raises(Stop):
        requests.obey()
    assert urged == []

    os.kill(os.getpid(), number)
    assert urged == ["again"]
