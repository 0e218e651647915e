"""What `make run` says and does before it starts anything."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import supervisor
from config.crew import Crew
from config.environment import read_environment
from config.processes import Ledger
from config.stopping import SIGNALS, StopRequests
from config.supervisor import CannotRunError, Listen


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / ".data"
    monkeypatch.setattr(supervisor, "DATA", folder)
    monkeypatch.setattr(supervisor, "ENVIRONMENT_FILE", folder / "env")
    return folder


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_one_line_and_nothing_was_started(
    taken_port: int, data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(taken_port))

    status = supervisor.main()

    assert status == 1
    assert capfd.readouterr().out == (
        f"    shop | Port {taken_port} of 127.0.0.1 is in use; choose another one: make run PORT=8001\n"
    )
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", "80.5"])
def test_port_that_is_none_is_refused(
    port: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", port)

    status = supervisor.main()

    assert status == 1
    assert capfd.readouterr().out == f"    shop | PORT={port} is no port number (1 to 65535).\n"


def test_second_run_of_a_checkout_is_refused_with_the_address_of_the_first(data: Path) -> None:
    with (
        supervisor.claim(data, Listen("127.0.0.1", 8000)),
        pytest.raises(CannotRunError, match=rf"runs already: http://127.0.0.1:8000 \(process {os.getpid()}\)"),
        supervisor.claim(data, Listen("127.0.0.1", 8001)),
    ):
        pytest.fail("two runs hold the same checkout")


def test_note_and_lock_of_a_killed_run_do_not_stop_the_next(data: Path) -> None:
    data.mkdir()
    (data / "running").write_text("http://127.0.0.1:8000 (process 1)")

    with supervisor.claim(data, Listen("127.0.0.1", 8000)):
        pass

    assert list(data.iterdir()) == []


def test_database_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://shop:secret@127.0.0.1:1/shop")
    crew = Crew(say=lambda _name, _line: None, ledger=Ledger(Path("unused")))

    with pytest.raises(CannotRunError, match=r"^DATABASE_URL: .*Connection refused") as refused:
        supervisor.start_servers(crew)

    assert "secret" not in str(refused.value)
    assert crew.members == []


def test_only_postgresql_will_do() -> None:
    with pytest.raises(CannotRunError, match="DATABASE_URL must begin with postgres://"):
        supervisor.check_database("sqlite:///shop.sqlite3")


def test_given_servers_are_used_and_written_down(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    crew = Crew(say=lambda _name, _line: None, ledger=Ledger(Path("unused")))

    first = supervisor.start_servers(crew)
    second = supervisor.start_servers(crew)

    assert crew.members == []
    assert first["DATABASE_URL"] == os.environ["DATABASE_URL"]
    assert first["REDIS_URL"] == os.environ["REDIS_URL"]
    assert first == second == read_environment(data / "env")
    assert len(first["SECRET_KEY"]) == 64


def test_stopping_takes_the_addresses_away_and_keeps_the_secrets(data: Path) -> None:
    crew = Crew(say=lambda _name, _line: None, ledger=Ledger(data / "processes.json"))
    known = supervisor.start_servers(crew)

    supervisor.stop(crew, StopRequests())

    assert read_environment(data / "env") == {
        "SECRET_KEY": known["SECRET_KEY"],
        "JWT_SIGNING_KEY": known["JWT_SIGNING_KEY"],
    }
