"""Whether somebody who waits for a silent server is let go, and somebody who waits for a busy one is not."""

import socket
from collections.abc import Iterator

import psycopg2
import pytest

from common.postgresql import watch
from common.postgresql.watch import Watch


class Connection:
    """What the watch needs of a connection: its socket."""

    def __init__(self, line: socket.socket) -> None:
        self.fileno = line.fileno


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.1)
    own, other = socket.socketpair()
    own.settimeout(3)
    with own, other:
        yield own


def _times_out() -> None:
    raise psycopg2.OperationalError("connection to server failed: timeout expired")


def _is_full() -> None:
    raise psycopg2.OperationalError("FATAL: sorry, too many clients already")


def test_a_silent_server_is_hung_up_on(line: socket.socket) -> None:
    told = []
    watching = Watch(when_silent=lambda: told.append("silent"))

    watching.begin(Connection(line), _times_out)

    assert line.recv(1) == b""
    assert told == ["silent"]


@pytest.mark.parametrize("reach", [lambda: None, _is_full], ids=["answers", "has no room"])
def test_a_busy_server_is_waited_for(line: socket.socket, reach: object) -> None:
    watching = Watch(when_silent=lambda: None)
    watching.begin(Connection(line), reach)  # type: ignore[arg-type]
    line.settimeout(1.5)

    with pytest.raises(TimeoutError):
        line.recv(1)


def test_who_is_done_is_left_alone(line: socket.socket) -> None:
    watching, connection = Watch(when_silent=lambda: None), Connection(line)
    watching.begin(connection, _times_out)
    watching.end(connection)
    line.settimeout(1.5)

    with pytest.raises(TimeoutError):
        line.recv(1)
