"""The whole of `make run`, from a fresh checkout to Ctrl-C and once more."""

import copy
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg2
import pytest

from config.embedded import LOOPBACK, any_free_port, unprivileged_account
from config.processes import Account, Program, birth_of, end, spawn, wait_until
from tests.running.checkouts import Checkout, copy_checkout, interrupt

pytestmark = pytest.mark.slow

ORDINARY_USER = unprivileged_account()
READY = "the first good answer, when the worker and beat are just being started"
SYSTEM_PROGRAMS = shutil.which("postgres")


@pytest.fixture
def checkout(request: pytest.FixtureRequest) -> Iterator[Checkout]:
    """A checkout of whoever runs the tests, or of the account that the test asks for."""
    checkout = copy_checkout(getattr(request, "param", None))
    yield checkout
    checkout.remove()


as_everybody = pytest.mark.parametrize(
    "checkout",
    [
        pytest.param(None, id="myself"),
        pytest.param(
            ORDINARY_USER,
            id="ordinary-user",
            marks=pytest.mark.skipif(ORDINARY_USER is None, reason="only root can become somebody else"),
        ),
    ],
    indirect=True,
)


def ask(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]
    finally:
        connection.close()


@as_everybody
def test_runs_durably_ends_cleanly_and_goes_on_with_the_same_data(checkout: Checkout) -> None:
    is_idle = os.getloadavg()[0] < (os.cpu_count() or 1)
    began = time.monotonic()
    with checkout.running() as process:
        assert time.monotonic() - began < 20 or not is_idle
        assert checkout.get("/api/v1/products/")["count"] >= 1000
        first = checkout.environment
        assert [ask(first["DATABASE_URL"], f"SHOW {name}") for name in ("fsync", "full_page_writes")] == ["on", "on"]
        assert ask(first["DATABASE_URL"], "SHOW synchronous_commit") == "on"
        ask(first["DATABASE_URL"], "CREATE TABLE kept_by_the_next_run AS SELECT 7 AS value")
        assert len(checkout.processes()) > 8
    assert process.returncode in {0, 2, -2}
    assert not (checkout.folder / ".data" / "running").exists()
    assert "Stopped; the data stays" in checkout.log.read_text()

    with checkout.running():
        assert checkout.environment == first
        assert ask(first["DATABASE_URL"], "SELECT value FROM kept_by_the_next_run") == 7


@as_everybody
def test_tests_and_commands_run_beside_it(checkout: Checkout) -> None:
    with checkout.running():
        beside = copy.copy(checkout)
        beside.log = checkout.log.with_suffix(".beside")
        assert beside.start("test", "ARGS=tests/running/test_environment_file.py").wait(120) == 0
        assert " passed in " in beside.log.read_text().splitlines()[-1]

        refused = beside.start("run", f"PORT={any_free_port()}").wait(30)

        assert refused != 0
        assert beside.log.read_text().startswith("    shop | This checkout runs already: http://127.0.0.1:")
        assert checkout.is_ready()


def test_next_run_starts_at_once_after_a_kill(checkout: Checkout) -> None:
    with checkout.running() as process:
        supervisor = int((checkout.folder / ".data" / "running").read_text().rpartition(" ")[2].rstrip(")"))
        url = checkout.environment["DATABASE_URL"]
        ask(url, "CREATE TABLE kept_by_the_next_run AS SELECT 7 AS value")
        os.kill(supervisor, 9)
        process.wait(30)

        with checkout.running():
            assert checkout.environment["DATABASE_URL"] == url
            assert ask(url, "SELECT value FROM kept_by_the_next_run") == 7


def test_all_processes_go_when_the_supervisor_is_killed(checkout: Checkout) -> None:
    with checkout.running() as process:
        supervisor = int((checkout.folder / ".data" / "running").read_text().rpartition(" ")[2].rstrip(")"))
        os.kill(supervisor, 9)
        process.wait(30)

        assert wait_until(lambda: checkout.processes() == [], 30)


def has_come(checkout: Checkout, moment: str) -> bool:
    return checkout.is_ready() if moment == READY else moment in checkout.log.read_text()


def test_ctrl_c_at_any_moment_leaves_nothing(checkout: Checkout) -> None:
    for moment in (" prepare |", " postgres listens", READY, " No migrations", READY, READY, READY):
        process = checkout.start("run", f"PORT={checkout.port}")
        assert wait_until(partial(has_come, checkout, moment), 60)

        assert interrupt(process) in {0, 2, -2}

        assert checkout.processes() == [], checkout.log.read_text()
        assert "Stopped; the data stays" in checkout.log.read_text()


@pytest.fixture
def server_of_the_machine() -> Iterator[str]:
    """The URL of a PostgreSQL that the machine brings itself, of whatever version it is."""
    programs = Path(str(SYSTEM_PROGRAMS)).resolve().parent
    account: Account | None = unprivileged_account()
    folder = Path(tempfile.mkdtemp(prefix="shop-machine-"))
    if account:
        os.chown(folder, account.uid, account.gid)
    who = {"user": account.uid, "group": account.gid} if account else {}
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "shop", "-A", "trust", "-E", "UTF8", "--no-sync"],
        cwd=folder,
        env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
        stdout=subprocess.DEVNULL,
        check=True,
        **who,  # type: ignore[call-overload]  # the stubs know no keywords by dictionary
    )
    port = any_free_port()
    options = ("-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
    program = Program(
        name="postgres",
        arguments=(str(programs / "postgres"), "-D", str(folder / "data"), *options),
        environment={"PATH": os.defpath},
        directory=folder,
        account=account,
    )
    with (folder / "log").open("wb") as log:
        process = spawn(program, output=log)
    assert wait_until(lambda: b"ready to accept" in (folder / "log").read_bytes(), 30)
    ask(f"postgres://shop@{LOOPBACK}:{port}/postgres", "CREATE DATABASE shop")
    yield f"postgres://shop@{LOOPBACK}:{port}/shop"
    end([(program, process)])
    assert birth_of(process.pid) is None
    shutil.rmtree(folder)


@pytest.mark.skipif(SYSTEM_PROGRAMS is None, reason="the machine has no PostgreSQL of its own")
def test_given_database_is_used_instead(checkout: Checkout, server_of_the_machine: str) -> None:
    with checkout.running(DATABASE_URL=server_of_the_machine):
        assert checkout.environment["DATABASE_URL"] == server_of_the_machine
        assert checkout.environment["REDIS_URL"].startswith("redis://:")
        assert checkout.get("/api/v1/products/")["count"] >= 1000
        assert not (checkout.folder / ".data" / "servers" / "postgres").exists()
        assert int(str(ask(server_of_the_machine, "SELECT count(*) FROM products_product"))) >= 1000
